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
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * The program behind {@code kubectl wiremesh}. It acts with the rights of the user's kubeconfig.
 */
@Command(
    name = "kubectl wiremesh",
    description = {
      "Client configurations, QR codes and the state of a WireGuard mesh.",
      "Reads the cluster of your kubeconfig, with your rights; changes nothing."
    },
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ConfCommand.class,
      QrCommand.class,
      MeshStatusCommand.class,
      CompletionCommand.class,
      VersionCommand.class
    },
    footer = {
      "%nExamples:",
      "  kubectl wiremesh conf laptop -o wg0.conf",
      "  kubectl wiremesh qr phone",
      "  kubectl wiremesh status -A"
    })
public final class KubectlMain {
  /** The first argument of shells that ask for completions; not for people. */
  private static final String COMPLETE = "__complete";

  /** The first argument of the launcher's training run; not for people. */
  private static final String TRAIN = "__train";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // read by picocli
  private boolean help;

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
    return commandLine().setOut(out).setErr(err).execute(arguments.toArray(String[]::new));
  }

  /** The commands and their options. */
  static CommandLine commandLine() {
    return new CommandLine(new KubectlMain())
        .setExecutionExceptionHandler(KubectlMain::explain)
        .setUsageHelpLongOptionsMaxWidth(30)
        .setCaseInsensitiveEnumValuesAllowed(true);
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
