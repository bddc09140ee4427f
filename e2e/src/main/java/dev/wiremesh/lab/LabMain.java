package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.LabDirectory;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.testkit.kubernetes.KubernetesUnavailableException;
import dev.wiremesh.testkit.process.CommandFailedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The program behind {@code bin/wiremesh lab}: a whole mesh on one machine. */
@Command(
    name = "bin/wiremesh lab",
    description = "A whole mesh on this machine: a real API server, nodes, outside hosts.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      UpCommand.class,
      StatusCommand.class,
      KubeconfigCommand.class,
      ExecCommand.class,
      HostCommand.class,
      StoryCommand.class,
      TortureCommand.class,
      DownCommand.class,
      TrainCommand.class
    })
public final class LabMain {

  @Option(
      names = "--lab",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      defaultValue = "${env:WIREMESH_LAB:-lab}",
      description = "Name of the lab, if there are several (default: $WIREMESH_LAB, else 'lab').")
  private String name = "lab";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // read by picocli
  private boolean help;

  /** The directory of the chosen lab. */
  LabDirectory folder() {
    return LabDirectory.named(name, System.getenv());
  }

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new LabMain())
        .setExecutionExceptionHandler(LabMain::explain)
        .setUsageHelpAutoWidth(true);
  }

  /** Prints one sentence for every exception; a stack trace only with {@code WIREMESH_TRACE}. */
  private static int explain(
      Exception problem, CommandLine command, CommandLine.ParseResult arguments) throws Exception {
    var expected =
        problem instanceof LabException
            || problem instanceof KubernetesUnavailableException
            || problem instanceof CommandFailedException;
    if (!expected && System.getenv("WIREMESH_TRACE") != null) {
      throw problem;
    }
    command
        .getErr()
        .println(
            "wiremesh lab: "
                + (expected
                    ? problem.getMessage()
                    : "this should not happen: %s (WIREMESH_TRACE=1 shows where)"
                        .formatted(problem)));
    return CommandLine.ExitCode.SOFTWARE;
  }
}
