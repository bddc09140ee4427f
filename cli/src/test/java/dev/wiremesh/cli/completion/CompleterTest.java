package dev.wiremesh.cli.completion;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.cli.conf.ConfCommand;
import dev.wiremesh.cli.status.MeshStatusCommand;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class CompleterTest {
  private final Completer completer =
      new Completer(
          new CommandLine(
              CommandSpec.create()
                  .name("root")
                  .addSubcommand("conf", new CommandLine(new ConfCommand().spec()))
                  .addSubcommand("status", new CommandLine(new MeshStatusCommand().spec()))
                  .addSubcommand("completion", new CommandLine(new CompletionCommand().spec()))));

  @Test
  void firstWordIsASubcommandWithItsDescription() {
    assertThat(completer.complete(List.of("co")))
        .contains("conf\tPrints the configuration of a Peer, with its private key.\n")
        .contains("completion\t")
        .doesNotContain("status")
        .endsWith(":4\n");
    assertThat(completer.complete(List.of())).contains("status\t");
  }

  @Test
  void optionsAndTheirValuesAreKnown() {
    assertThat(completer.complete(List.of("conf", "--f"))).contains("--format\t", "--force\t");
    assertThat(completer.complete(List.of("conf", "--format", "")))
        .isEqualTo("wg-quick\nnetworkd\nopenwrt\n:4\n");
    assertThat(completer.complete(List.of("conf", "--format=n")))
        .isEqualTo("--format=networkd\n:4\n");
    assertThat(completer.complete(List.of("status", "-o", "j"))).isEqualTo("json\n:4\n");
    assertThat(completer.complete(List.of("completion", "z"))).isEqualTo("zsh\n:4\n");
  }

  @Test
  void shellCompletesFilesItself() {
    assertThat(completer.complete(List.of("conf", "laptop", "-o", "wg"))).isEqualTo(":0\n");
    assertThat(completer.complete(List.of("conf", "--kubeconfig", ""))).isEqualTo(":0\n");
  }

  @Test
  void clusterThatCannotBeAskedCompletesNothing() {
    assertThat(completer.complete(List.of("conf", "--kubeconfig", "/no/such/file", "l")))
        .isEqualTo(":4\n");
    assertThat(completer.complete(List.of("conf", "laptop", ""))).isEqualTo(":4\n");
  }
}
