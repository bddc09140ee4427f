package dev.wiremesh.cli.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A full parser's reading of the same document is the oracle. */
final class BlockYamlTest {
  private static final String KUBECTLS =
      """
      apiVersion: v1
      clusters:
      - cluster:
          certificate-authority-data: QUJD+/==
          server: https://192.0.2.1:6443
        name: kubernetes
      # a comment
      contexts:
      - context:
          cluster: kubernetes
          namespace: team-a
          user: admin
        name: admin@kubernetes
      current-context: admin@kubernetes
      kind: Config
      preferences: {}
      users:
      - name: admin
        user:
          token: "abc.def"
          other:
      """;

  @Test
  void kubectlsFormIsRead() throws JsonProcessingException {
    assertSame(KUBECTLS);
    assertSame("---\n" + KUBECTLS.replace("\n", "\r\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: b",
        "a:\n  b:\n    c: d\ne: f",
        "a:\nb: c",
        "a:\n- b\n- c\nd: e",
        "a:\n  - b: c\n    d: e\n  - b: f",
        "a: null\nb: []\nc: 'x: y'\nd: \"# x\"",
        "a: me@example.org/admin:x\nb: a b  c",
        "a:   b   \n\n\n  # x\nc: d"
      })
  void blocksHaveOneMeaning(String document) throws JsonProcessingException {
    assertSame(document);
  }

  private static void assertSame(String document) throws JsonProcessingException {
    assertThat(BlockYaml.read(document).orElseThrow())
        .isEqualTo(new YAMLMapper().readValue(document, Map.class));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "- a",
        "{a: b}",
        "a: {b: c}",
        "a: [b]",
        "a: b # c",
        "a: |\n  b",
        "a: >-\n  b",
        "a: &x b",
        "a: *x",
        "a: !!str b",
        "a: \"b\\n\"",
        "a: 'it''s'",
        "a: b: c",
        "a: b\n  c",
        "a: b\n  c: d",
        "a: b\na: c",
        "  a: b\nc: d",
        "a:\n    b: c\n  d: e",
        "a:\n- b\n  c: d",
        "a:\n- - b",
        "a:\tb",
        "a: ~",
        "a: - b",
        "? a\n: b",
        "\"a\": b",
        "a: b\n---\nc: d",
        "a: b\n...",
        "<<: b"
      })
  void everyOtherFormIsDeclined(String document) {
    assertThat(BlockYaml.read(document)).isEmpty();
  }
}
