package dev.wiremesh.core.digest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DigestsTest {
  /** FIPS 180-2, appendix B.1. */
  private static final String OF_ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void digestOfAText() {
    assertThat(Digests.sha256Hex("abc")).isEqualTo(OF_ABC);
    assertThat(Digests.sha256("abc")).hasSize(32);
  }

  @Test
  void beginningOfADigest() {
    assertThat(Digests.sha256Hex("abc", 5)).isEqualTo(OF_ABC.substring(0, 10));
  }
}
