package dev.wiremesh.lab.cluster;

import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabManifestsTest {
  @TempDir private Path folder;

  @Test
  void quickstartAndOtherKindsPass() throws IOException {
    var file =
        Files.writeString(
            folder.resolve("some.yaml"), "apiVersion: v1\nkind: Some\nmetadata: {name: one}\n");

    assertThatNoException().isThrownBy(() -> Manifests.check(file));
    assertThatNoException().isThrownBy(() -> Manifests.check(Checkout.find(Map.of()).quickstart()));
  }

  @Test
  void fileThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> Manifests.check(folder.resolve("none.yaml")))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("there is no file")
        .hasMessageContaining("none.yaml");
  }

  @Test
  void folderWithoutManifestsIsNamed() {
    assertThatThrownBy(() -> Manifests.check(folder))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("no .yaml file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a: [b", "a: b", "just words", "apiVersion: v1\nkind: ConfigMap\n", ""})
  void fileWithoutObjectsIsNamed(String content) throws IOException {
    var file = Files.writeString(folder.resolve("bad.yaml"), content);

    assertThatThrownBy(() -> Manifests.check(file))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("bad.yaml does not hold Kubernetes objects");
  }
}
