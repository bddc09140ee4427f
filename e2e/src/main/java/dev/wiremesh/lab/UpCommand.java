package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.cluster.LabDirectory;
import dev.wiremesh.lab.cluster.LabOptions;
import dev.wiremesh.lab.control.ControlServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code lab up}: starts a lab, and stays until Ctrl-C or leaves it running. */
@Command(
    name = "up",
    description = {
      "Starts a lab: an API server, nodes, the operator and the agents; then the quickstart is applied.",
      "Stays in the foreground until Ctrl-C, which removes all of it."
    })
final class UpCommand implements Callable<Integer> {
  @ParentCommand private LabMain lab = new LabMain();

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many nodes (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--apply",
      paramLabel = "FILE",
      arity = "1..*",
      description = "Manifests, or folders of them, instead of the quickstart.")
  private List<Path> apply = new ArrayList<>();

  @Option(
      names = "--api-port",
      paramLabel = "PORT",
      description = "Port of the API server on 127.0.0.1 (default: a free one).")
  private @Nullable Integer apiPort;

  @Option(names = "--detach", description = "Return when all is ready; 'lab down' ends it.")
  private boolean detach;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var folder = lab.folder();
    Preconditions.check();
    if (detach) {
      return new DetachedLab(folder).start(arguments());
    }
    return new ForegroundLab().run(() -> run(folder));
  }

  private int run(LabDirectory folder) throws IOException, InterruptedException {
    var progress = new ProgressLog();
    var options = new LabOptions(folder, nodes, apply, Optional.ofNullable(apiPort));
    try (var running = Lab.start(options, System.getenv(), progress);
        var control = new ControlServer(running)) {
      progress.accept("Waiting until every node reaches every other one");
      var report = running.awaitComplete();
      System.out.println(ReportText.of(report));
      System.out.printf(
          "The lab is %s after %.1f s.%s%n",
          report.complete()
              ? "ready"
              : "up, but not every node reaches every other one: see the logs in "
                  + folder.logs()
                  + ";",
          progress.seconds(),
          System.console() != null && System.console().isTerminal() ? " Ctrl-C ends it." : "");
      System.out.flush();
      control.awaitDown();
    }
    return 0;
  }

  private List<String> arguments() {
    var arguments = new ArrayList<>(List.of("up", "--nodes", Integer.toString(nodes)));
    apply.forEach(file -> {
      arguments.add("--apply");
      arguments.add(file.toAbsolutePath().toString());
    });
    if (apiPort != null) {
      arguments.add("--api-port");
      arguments.add(apiPort.toString());
    }
    return arguments;
  }
}
