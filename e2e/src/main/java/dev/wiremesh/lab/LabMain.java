package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.cluster.LabFolder;
import dev.wiremesh.testkit.kubernetes.KubernetesUnavailableException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code bin/wiremesh lab}: a whole mesh on this machine. */
@Command(
    name = "lab",
    description = "A whole mesh on this machine: a real API server, nodes, outside hosts.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      UpCommand.class,
      StatusCommand.class,
      KubeconfigCommand.class,
      ExecCommand.class,
      HostCommand.class,
      DownCommand.class
    })
public final class LabMain {

  @Option(
      names = "--lab",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      defaultValue = "${env:WIREMESH_LAB:-lab}",
      description = "Which lab, where there are several (default: $WIREMESH_LAB, else 'lab').")
  private String name = "lab";

  /** Where the chosen lab lives. */
  LabFolder folder() {
    return LabFolder.named(name, System.getenv());
  }

  /** What another command needs to be about the same lab; empty for the usual one. */
  String option() {
    return name.equals(System.getenv().getOrDefault("WIREMESH_LAB", "lab"))
        ? ""
        : "--lab " + name + " ";
  }

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new LabMain())
        .setExecutionExceptionHandler(LabMain::explain)
        .setUsageHelpAutoWidth(true);
  }

  /** A sentence for the user's own mistakes and the machine's lacks; a trace only for our bugs. */
  private static int explain(
      Exception problem, CommandLine command, CommandLine.ParseResult arguments) throws Exception {
    if (problem instanceof LabException || problem instanceof KubernetesUnavailableException) {
      command.getErr().println("wiremesh lab: " + problem.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
    throw problem;
  }
}
