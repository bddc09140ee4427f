package dev.wiremesh.lab.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.testkit.host.Hosts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabDirectoryTest {
  @TempDir private Path state;

  @Test
  void labIsNeverTakenForOneWithALongerName() {
    assertThat(Hosts.namespace(named("a-b").prefix(), "n1"))
        .isNotEqualTo(Hosts.namespace(named("a").prefix(), "b-n1"))
        .doesNotStartWith(named("a").prefix() + "-");
  }

  @Test
  void nameIsTakenOnceAndFreeAgain() throws Exception {
    var folder = named("one");
    try (var held = folder.hold()) {
      assertThat(held).isNotNull();
      assertThat(folder.isLocked()).isTrue();
      assertThatThrownBy(() -> folder.hold())
          .isInstanceOf(LabException.class)
          .hasMessageContaining("bin/wiremesh lab --lab one down");
    }
    assertThat(folder.isLocked()).isFalse();
  }

  @Test
  void folderThatCannotBeWrittenIsNamedWithTheWayOut() throws Exception {
    var file = Files.createFile(state.resolve("file"));
    var folder = LabDirectory.named("one", Map.of("XDG_STATE_HOME", file.toString()));

    assertThatThrownBy(folder::isLocked)
        .isInstanceOf(LabException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("XDG_STATE_HOME");
  }

  @Test
  void badNameIsAnsweredWithWhatToWrite() {
    assertThatThrownBy(() -> named("My Lab")).hasMessageContaining("lower-case letters");
  }

  private LabDirectory named(String name) {
    return LabDirectory.named(name, Map.of("XDG_STATE_HOME", state.toString()));
  }
}
