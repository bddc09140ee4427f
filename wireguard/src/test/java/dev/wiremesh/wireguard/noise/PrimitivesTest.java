package dev.wiremesh.wireguard.noise;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Each primitive against the published vector of its specification. */
class PrimitivesTest {
  /** RFC 7693 appendix B. */
  @Test
  void blake2sOfAbc() {
    assertThat(hex(Blake2s.hash("abc".getBytes(StandardCharsets.US_ASCII))))
        .isEqualTo("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
  }

  @Test
  void hashOfPartsIsTheHashOfTheirConcatenation() {
    assertThat(Blake2s.hash(new byte[] {1}, new byte[] {2, 3}))
        .isEqualTo(Blake2s.hash(new byte[] {1, 2, 3}));
    assertThat(Blake2s.macOfPrefix(new byte[32], new byte[] {1, 2, 3, 4}, 3))
        .isEqualTo(Blake2s.mac(new byte[32], new byte[] {1, 2}, new byte[] {3}));
  }

  /** The fixed vectors that WireGuard implementations test their key derivation with. */
  @Test
  void hkdfOfWireGuard() {
    var keys =
        Blake2s.hkdf(
            "test-key".getBytes(StandardCharsets.US_ASCII),
            "test-input".getBytes(StandardCharsets.US_ASCII),
            3);
    assertThat(hex(keys[0]))
        .isEqualTo("6f0e5ad38daba1bea8a0d213688736f19763239305e0f58aba697f9ffc41c633");
    assertThat(hex(keys[1]))
        .isEqualTo("df1194df20802a4fe594cde27e92991c8cae66c366e8106aaa937a55fa371e8a");
    assertThat(hex(keys[2]))
        .isEqualTo("fac6e2745a325f5dc5d11a5b165aad08b0ada28e7b4e666b7c077934a4d76c24");
  }

  /** RFC 7748 section 5.2. */
  @Test
  void x25519() {
    assertThat(
            Curve25519.agree(
                bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")))
        .isEqualTo(bytes("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
    assertThat(
            Curve25519.agree(
                bytes("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                bytes("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")))
        .isEqualTo(bytes("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
  }

  /** The seven points of low order on the curve and its twist, from RFC 7748's considerations. */
  @Test
  void x25519RefusesPointsOfLowOrder() {
    for (var point :
        new String[] {
          "0000000000000000000000000000000000000000000000000000000000000000",
          "0100000000000000000000000000000000000000000000000000000000000000",
          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
        }) {
      assertThat(
              Curve25519.agree(
                  new byte[] {
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                    23, 24, 25, 26, 27, 28, 29, 30, 31, 32
                  },
                  bytes(point)))
          .as(point)
          .isNull();
    }
  }

  /** draft-irtf-cfrg-xchacha-03, appendix A.3.1. */
  @Test
  void xchacha20Poly1305() {
    byte[] plaintext =
        ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the"
                + " future, sunscreen would be it.")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] key = bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    byte[] nonce = bytes("404142434445464748494a4b4c4d4e4f5051525354555657");
    byte[] associated = bytes("50515253c0c1c2c3c4c5c6c7");
    byte[] ciphertext =
        bytes(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                + "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                + "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                + "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780a"
                + "cf49");
    assertThat(Aead.sealExtended(key, nonce, associated, plaintext)).isEqualTo(ciphertext);
    assertThat(Aead.openExtended(key, nonce, associated, ciphertext)).isEqualTo(plaintext);
    ciphertext[3] ^= 1;
    assertThat(Aead.openExtended(key, nonce, associated, ciphertext)).isNull();
    assertThat(Aead.openExtended(key, nonce, associated, new byte[15])).isNull();
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
