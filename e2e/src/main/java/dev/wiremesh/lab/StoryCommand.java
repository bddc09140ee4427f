package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.Checkout;
import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.cluster.LabDirectory;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.cluster.LabOptions;
import dev.wiremesh.lab.cluster.MeshReport;
import dev.wiremesh.lab.control.ControlServer;
import dev.wiremesh.lab.story.Story;
import dev.wiremesh.lab.story.StoryRun;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lab story}: starts a lab with a story of the examples, and checks what it promises. */
@Command(
    name = "story",
    description = {
      "Starts a lab with the manifests of examples/home or examples/office, builds their LANs,",
      "routers, laptops and phones, and prints a table: from, to, by which way, result.",
      "Stays in the foreground until Ctrl-C or 'lab down'; then it ends with 0 only if every",
      "connection was as the story says."
    })
final class StoryCommand implements Callable<Integer> {
  private static final int NODES = 2;
  private static final int LONGEST_OUTAGE_MINUTES = 60;
  private static final int LONGEST_SLEEP_SECONDS = 3600;
  private static final String HOLDS = "The story '%s' holds";

  @ParentCommand private LabMain lab = new LabMain();

  @Parameters(index = "0", paramLabel = "STORY", description = "home or office.")
  private String name = "";

  @Option(
      names = "--detach",
      description =
          "Return after the table, with the story's exit status; 'lab down' ends the lab.")
  private boolean detach;

  @Option(
      names = "--faults",
      description =
          "Then break the control plane, agents, gateways and NAT routers under running flows, and print a table of losses.")
  private boolean faults;

  @Option(
      names = "--outage",
      paramLabel = "MINUTES",
      defaultValue = "10",
      description =
          "With --faults: how long API server and operator are away (default: ${DEFAULT-VALUE}).")
  private int outageMinutes;

  @Option(
      names = "--sleep",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description =
          "How long the phone of the home story sleeps before it wakes on 5G (default: ${DEFAULT-VALUE}).")
  private int sleepSeconds;

  @Override
  public Integer call() throws IOException, InterruptedException {
    story();
    Preconditions.requireRange("--outage", outageMinutes, 1, LONGEST_OUTAGE_MINUTES);
    Preconditions.requireRange("--sleep", sleepSeconds, 1, LONGEST_SLEEP_SECONDS);
    var folder = lab.folder();
    Preconditions.checkForStories();
    if (detach) {
      return new DetachedLab(folder)
          .start(arguments(), output -> output.contains("\n" + HOLDS.formatted(name)));
    }
    return new ForegroundLab().run(() -> run(folder));
  }

  private Story story() {
    return Story.of(name, Duration.ofSeconds(sleepSeconds));
  }

  private int run(LabDirectory folder) throws IOException, InterruptedException {
    var progress = new ProgressLog();
    var checkout = Checkout.find(System.getenv());
    var options = new LabOptions(folder, NODES, List.of(checkout.example(name)), Optional.empty());
    try (var running = Lab.start(options, System.getenv(), progress);
        var control = new ControlServer(running);
        var story = new StoryRun(running, story(), progress)) {
      interruptAtDown(control);
      progress.accept("Waiting until every node reaches every other one");
      requireComplete(running.awaitComplete());
      boolean holds = tell(story);
      System.out.printf(
          "The lab is up after %.1f s. '%s' shows it, '%s' is a shell on a machine, '%s' ends it.%n",
          progress.seconds(),
          folder.command("status"),
          folder.command("exec n1"),
          folder.command("down"));
      System.out.flush();
      return awaitDown(control, holds ? 0 : 1);
    }
  }

  /** {@code lab down} ends a story that is not over yet, too. */
  private static void interruptAtDown(ControlServer control) {
    var main = Thread.currentThread();
    Thread.ofVirtual()
        .start(() -> {
          try {
            control.awaitDown();
            main.interrupt();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static int awaitDown(ControlServer control, int status) {
    try {
      control.awaitDown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return status;
  }

  private static void requireComplete(MeshReport report) {
    if (!report.complete()) {
      var silent = report.pings().stream().filter(ping -> !ping.answered()).toList();
      throw new LabException(
          silent.isEmpty()
              ? "not every node has an address in the network yet"
              : "%s does not reach %s at %s"
                  .formatted(
                      silent.getFirst().from(),
                      silent.getFirst().to(),
                      silent.getFirst().address()));
    }
  }

  private boolean tell(StoryRun story) throws InterruptedException {
    var report = story.run();
    System.out.println(StoryText.of(report));
    boolean holds = report.holds();
    if (faults) {
      var found = story.faults(Duration.ofMinutes(outageMinutes));
      System.out.println(StoryText.of(found));
      holds &= found.holds();
    }
    System.out.println(
        holds
            ? HOLDS.formatted(name) + ": every row is as it says."
            : "The story '%s' FAILS: see the rows above.".formatted(name));
    System.out.flush();
    return holds;
  }

  private List<String> arguments() {
    var arguments =
        new ArrayList<>(List.of("story", name, "--sleep", Integer.toString(sleepSeconds)));
    if (faults) {
      arguments.addAll(List.of("--faults", "--outage", Integer.toString(outageMinutes)));
    }
    return arguments;
  }
}
