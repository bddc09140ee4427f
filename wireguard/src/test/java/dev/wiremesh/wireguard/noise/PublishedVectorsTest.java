package dev.wiremesh.wireguard.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.wireguard.vectors.VectorFile;
import dev.wiremesh.wireguard.vectors.VectorFile.AeadVector;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The handshake's primitives against all vectors that were published to catch mistakes in them. */
class PublishedVectorsTest {
  @Test
  void chaCha20Poly1305OfTheRfc() {
    var vectors = AeadVector.read("rfc8439-chacha20-poly1305.txt");
    assertThat(vectors).hasSize(2);
    for (var vector : vectors) {
      check(vector, 12, Aead::seal, Aead::open);
    }
  }

  @Test
  void chaCha20Poly1305OfWycheproof() {
    var vectors = AeadVector.read("wycheproof-chacha20-poly1305.txt");
    assertThat(vectors).hasSize(325);
    for (var vector : vectors) {
      check(vector, 12, Aead::seal, Aead::open);
    }
  }

  @Test
  void xChaCha20Poly1305OfWycheproof() {
    var vectors = AeadVector.read("wycheproof-xchacha20-poly1305.txt");
    assertThat(vectors).hasSize(315);
    for (var vector : vectors) {
      check(vector, Aead.EXTENDED_NONCE_LENGTH, Aead::sealExtended, Aead::openExtended);
    }
  }

  private interface Cipher {
    byte @Nullable [] apply(byte[] key, byte[] nonce, byte[] associated, byte[] input);
  }

  private static void check(AeadVector vector, int nonceLength, Cipher seal, Cipher open) {
    if (vector.nonce().length != nonceLength) {
      assertThatThrownBy(() ->
              seal.apply(vector.key(), vector.nonce(), vector.associated(), vector.plaintext()))
          .as("%s", vector)
          .isInstanceOf(IllegalArgumentException.class);
      return;
    }
    assertThat(open.apply(vector.key(), vector.nonce(), vector.associated(), vector.sealed()))
        .as("%s", vector)
        .isEqualTo(vector.valid() ? vector.plaintext() : null);
    if (vector.valid()) {
      assertThat(seal.apply(vector.key(), vector.nonce(), vector.associated(), vector.plaintext()))
          .as("%s", vector)
          .isEqualTo(vector.sealed());
    }
  }

  /** A secret of zeros is what points of low order lead to; it is none. */
  @Test
  void x25519OfWycheproof() {
    var vectors = VectorFile.read("wycheproof-x25519.txt");
    assertThat(vectors).hasSize(518);
    int refused = 0;
    for (var vector : vectors) {
      byte[] shared = Curve25519.agree(vector.bytes(2), vector.bytes(3));
      boolean zero = Arrays.equals(vector.bytes(4), new byte[32]);
      assertThat(shared).as("%s", vector).isEqualTo(zero ? null : vector.bytes(4));
      refused += zero ? 1 : 0;
    }
    assertThat(refused).isEqualTo(31);
  }

  /** RFC 7748 section 5.2: the output becomes the next scalar, the scalar the next point. */
  @Test
  void x25519AThousandTimes() {
    byte[] scalar = new byte[32];
    scalar[0] = 9;
    byte[] point = scalar;
    for (int i = 1; i <= 1000; i++) {
      byte[] next = Objects.requireNonNull(Curve25519.agree(scalar, point));
      point = scalar;
      scalar = next;
      if (i == 1) {
        assertThat(scalar)
            .isEqualTo(hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
      }
    }
    assertThat(scalar)
        .isEqualTo(hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
  }

  /** RFC 7748 section 6.1. */
  @Test
  void x25519OfTwoStrangers() {
    byte[] alice = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    byte[] bob = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    byte[] shared = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assertThat(Curve25519.agree(alice, Curve25519.publicKey(bob))).isEqualTo(shared);
    assertThat(Curve25519.agree(bob, Curve25519.publicKey(alice))).isEqualTo(shared);
  }

  @Test
  void keyedBlake2sOfAllLengths() {
    var vectors = VectorFile.read("blake2s-mac.txt");
    assertThat(vectors).hasSize(256);
    byte[] key = sequence(32);
    for (int length = 0; length < 256; length++) {
      assertThat(Blake2s.mac(key, sequence(length)))
          .as("of %d bytes", length)
          .isEqualTo(vectors.get(length).bytes(0));
    }
  }

  private static byte[] sequence(int length) {
    var bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }
}
