package dev.wiremesh.cli.completion;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code kubectl wiremesh completion}: prints a shell's script for {@code kubectl-wiremesh}. */
public final class CompletionCommand implements Runnable {
  /** The shells that there are scripts for. */
  private enum Shell {
    BASH,
    ZSH,
    FISH;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final PositionalParamSpec shell =
      PositionalParamSpec.builder()
          .paramLabel("SHELL")
          .arity("1")
          .required(true)
          .type(Shell.class)
          .description("One of: ${COMPLETION-CANDIDATES}.")
          .build();

  private final CommandSpec spec;

  public CompletionCommand() {
    spec = CommandSpec.wrapWithoutInspection(this).name("completion");
    spec.usageMessage()
        .description(
            "Prints the completion script of a shell for the command kubectl-wiremesh.",
            "'kubectl wiremesh' itself is completed by kubectl's own script, as soon as bin/kubectl_complete-wiremesh is on the PATH beside kubectl-wiremesh.")
        .footer(
            "%nExamples:",
            "  source <(kubectl wiremesh completion bash)",
            "  source <(kubectl wiremesh completion zsh)",
            "  kubectl wiremesh completion fish | source");
    spec.addPositional(shell);
  }

  /** The command with its options. */
  public CommandSpec spec() {
    return spec;
  }

  @Override
  public void run() {
    var out = spec.commandLine().getOut();
    out.print(script(shell.<Shell>getValue().toString()));
    out.flush();
  }

  private static String script(String name) {
    try (var script = CompletionCommand.class.getResourceAsStream("completion." + name)) {
      return new String(
          Objects.requireNonNull(script, name).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
