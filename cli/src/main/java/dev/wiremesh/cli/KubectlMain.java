package dev.wiremesh.cli;

import dev.wiremesh.cli.completion.Completer;
import dev.wiremesh.cli.completion.CompletionCommand;
import dev.wiremesh.cli.conf.ConfCommand;
import dev.wiremesh.cli.kube.CliException;
import dev.wiremesh.cli.kube.ForbiddenException;
import dev.wiremesh.cli.qr.QrCommand;
import dev.wiremesh.cli.status.MeshStatusCommand;
import dev.wiremesh.cli.training.KubectlTraining;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ScopeType;

/**
 * The program behind {@code kubectl wiremesh}. It acts with the rights of the user's kubeconfig.
 */
public final class KubectlMain {
  /** The first argument of shells that ask for completions; not for people. */
  private static final String COMPLETE = "__complete";

  /** The first argument of the launcher's training run; not for people. */
  private static final String TRAIN = "__train";

  /** The commands in the order of the help. */
  private static final List<String> COMMANDS =
      List.of("conf", "qr", "status", "completion", "version");

  private KubectlMain() {}

  public static void main(String[] arguments) {
    // The configuration is UTF-8 whatever the locale is, and is printed byte for byte.
    var out = writer(FileDescriptor.out);
    var err = writer(FileDescriptor.err);
    if (System.getenv("WIREMESH_TRACE") != null) {
      System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "debug");
    }
    int status = run(List.of(arguments), out, err);
    out.flush();
    err.flush();
    System.exit(status);
  }

  private static int run(List<String> arguments, PrintWriter out, PrintWriter err) {
    if (!arguments.isEmpty() && arguments.getFirst().equals(COMPLETE)) {
      out.print(new Completer(commandLine()).complete(arguments.subList(1, arguments.size())));
      return 0;
    }
    if (List.of(TRAIN).equals(arguments)) {
      KubectlTraining.run(command -> execute(command, out, err));
      return 0;
    }
    return execute(arguments, out, err);
  }

  /** Runs a command line and returns its exit status. */
  static int execute(List<String> arguments, PrintWriter out, PrintWriter err) {
    var first = arguments.isEmpty() ? "" : arguments.getFirst();
    // The other commands' options would be made in vain.
    var commands = COMMANDS.contains(first) ? List.of(first) : COMMANDS;
    return commandLine(commands).setOut(out).setErr(err).execute(arguments.toArray(String[]::new));
  }

  /** The commands and their options. */
  static CommandLine commandLine() {
    return commandLine(COMMANDS);
  }

  /**
   * The program with these commands. They have no annotations of picocli: reading those takes a
   * tenth of the time of a command.
   */
  private static CommandLine commandLine(List<String> commands) {
    var root = CommandSpec.create().name("kubectl wiremesh");
    root.usageMessage()
        .description(
            "Client configurations, QR codes and the state of a WireGuard mesh.",
            "Reads the cluster of your kubeconfig, with your rights; changes nothing.")
        .synopsisSubcommandLabel("COMMAND")
        .footer(
            "%nExamples:",
            "  kubectl wiremesh conf laptop -o wg0.conf",
            "  kubectl wiremesh qr phone",
            "  kubectl wiremesh status -A");
    root.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .scopeType(ScopeType.INHERIT)
            .description("Show this help.")
            .build());
    commands.forEach(name -> root.addSubcommand(name, new CommandLine(command(name))));
    return new CommandLine(root)
        .setExecutionExceptionHandler(KubectlMain::explain)
        .setUsageHelpLongOptionsMaxWidth(30)
        .setCaseInsensitiveEnumValuesAllowed(true);
  }

  private static CommandSpec command(String name) {
    return switch (name) {
      case "conf" -> new ConfCommand().spec();
      case "qr" -> new QrCommand().spec();
      case "status" -> new MeshStatusCommand().spec();
      case "completion" -> new CompletionCommand().spec();
      case "version" -> new VersionCommand().spec();
      default -> throw new IllegalArgumentException("no command " + name);
    };
  }

  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), true);
  }

  /** Prints one sentence for every exception; a stack trace only with {@code WIREMESH_TRACE}. */
  private static int explain(
      Exception problem, CommandLine command, CommandLine.ParseResult arguments) throws Exception {
    if (System.getenv("WIREMESH_TRACE") != null) {
      throw problem;
    }
    var expected = problem instanceof CliException || problem instanceof ForbiddenException;
    command
        .getErr()
        .println(
            "kubectl wiremesh: "
                + (expected
                    ? problem.getMessage()
                    : "this should not happen: %s (WIREMESH_TRACE=1 shows where)"
                        .formatted(problem)));
    return CommandLine.ExitCode.SOFTWARE;
  }
}
