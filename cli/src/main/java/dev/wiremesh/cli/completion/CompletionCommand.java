package dev.wiremesh.cli.completion;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kubectl wiremesh completion}: prints a shell's script for {@code kubectl-wiremesh}. */
@Command(
    name = "completion",
    description = {
      "Prints the completion script of a shell for the command kubectl-wiremesh.",
      "'kubectl wiremesh' itself is completed by kubectl's own script, as soon as bin/kubectl_complete-wiremesh is on the PATH beside kubectl-wiremesh."
    },
    footer = {
      "%nExamples:",
      "  source <(kubectl wiremesh completion bash)",
      "  source <(kubectl wiremesh completion zsh)",
      "  kubectl wiremesh completion fish | source"
    })
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

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
  private Shell shell = Shell.BASH;

  @Override
  public void run() {
    var out = spec.commandLine().getOut();
    out.print(script(shell.toString()));
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
