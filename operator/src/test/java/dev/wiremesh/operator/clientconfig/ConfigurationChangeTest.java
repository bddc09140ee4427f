package dev.wiremesh.operator.clientconfig;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ConfigurationChangeTest {
  private static final String BEFORE =
      """
      # a comment
      [Interface]
      PrivateKey = secret
      Address = 10.70.0.5/32
      [Peer]
      AllowedIPs = 10.70.0.0/16
      """;

  @Test
  void changedAddedAndRemovedLinesAreNamedWithoutTheirValues() {
    var after =
        BEFORE
            .replace("secret", "another")
            .replace("Address = 10.70.0.5/32\n", "DNS = 10.70.0.1\n");

    assertThat(ConfigurationChange.between(BEFORE, after)).isEqualTo("Address, DNS, PrivateKey");
  }

  @Test
  void changedCommentIsNamedComments() {
    assertThat(ConfigurationChange.between(BEFORE, BEFORE.replace("a comment", "another")))
        .isEqualTo("comments");
  }
}
