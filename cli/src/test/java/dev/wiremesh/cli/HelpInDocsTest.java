package dev.wiremesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/**
 * {@code docs/reference/kubectl-wiremesh.md} is what the commands' help says; {@code
 * -Dgolden.update} rewrites it.
 */
class HelpInDocsTest {
  private static final Path PAGE = Path.of("../docs/reference/kubectl-wiremesh.md");
  private static final int WIDTH = 100;

  @Test
  void pageIsWhatTheHelpSays() throws IOException {
    if (System.getProperty("golden.update") != null) {
      Files.writeString(PAGE, page());
    }
    assertThat(Files.readString(PAGE)).as("run this test with -Dgolden.update").isEqualTo(page());
  }

  @Test
  void everyCommandHasAnExample() {
    KubectlMain.commandLine()
        .getSubcommands()
        .values()
        .forEach(command ->
            assertThat(command.getUsageMessage(Ansi.OFF)).contains("  kubectl wiremesh "));
  }

  @Test
  void linesFitIntoAnEditor() {
    assertThat(page().lines().filter(line -> line.length() > 120)).isEmpty();
  }

  private static String page() {
    var page = new StringBuilder();
    page.append(
        """
        # kubectl wiremesh

        <!-- Made of the commands' help by HelpInDocsTest: change that. -->

        kubectl runs a program `kubectl-wiremesh` on the `PATH` as `kubectl wiremesh`. In a checkout it is
        `bin/kubectl-wiremesh`, which needs a JDK 25; `bin/wiremesh kubectl` is the same.

        ```sh
        export PATH=$PATH:$PWD/bin
        kubectl wiremesh status
        ```

        It reads the cluster of your kubeconfig with your rights, and changes nothing. Where a right is missing, it prints
        the commands that an administrator gives it with.

        Exit status: 0 for success, 1 for an error, which is said on standard error, 2 for a wrong command line; `status`
        has one more.
        """);
    var root = KubectlMain.commandLine();
    section(page, "kubectl wiremesh", root);
    root.getSubcommands()
        .forEach((name, command) -> section(page, "kubectl wiremesh " + name, command));
    return page.toString();
  }

  private static void section(StringBuilder page, String heading, CommandLine command) {
    command.setUsageHelpWidth(WIDTH);
    page.append("\n## ").append(heading).append("\n\n```text\n");
    command
        .getUsageMessage(Ansi.OFF)
        .lines()
        .forEach(line -> page.append(line.stripTrailing()).append('\n'));
    page.append("```\n");
  }
}
