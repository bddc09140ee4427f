package dev.wiremesh.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.cli.kube.CliException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFileTest {
  private static final byte[] CONTENT = "secret".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path folder;

  @Test
  void replacedFileIsTheOwnersAloneTooAndLeavesNothingBeside() throws IOException {
    var file = Files.writeString(folder.resolve("a"), "old and readable by all");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    SecretFile.write(file, CONTENT, true);
    assertThat(file).hasBinaryContent(CONTENT);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void danglingLinkIsAFileThatExists() throws IOException {
    var link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("elsewhere"));
    assertThatThrownBy(() -> SecretFile.write(link, CONTENT, false))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("exists: write --force");
    assertThat(folder.resolve("elsewhere")).doesNotExist();
  }

  @Test
  void directoryAndMissingDirectoryAreSaid() {
    assertThatThrownBy(() -> SecretFile.write(folder, CONTENT, true))
        .hasMessage("cannot write " + folder + ": it is a directory");
    assertThatThrownBy(() -> SecretFile.write(folder.resolve("no/file"), CONTENT, false))
        .hasMessage("cannot write " + folder.resolve("no/file") + ": its directory does not exist");
    assertThatThrownBy(() -> SecretFile.write(folder.resolve("no/file"), CONTENT, true))
        .hasMessage("cannot write " + folder.resolve("no/file") + ": its directory does not exist");
  }
}
