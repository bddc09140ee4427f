package dev.wiremesh.core.keys;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LowOrderPointsTest {
  /** Little-endian; the first seven rows of the table in https://cr.yp.to/ecdh.html. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      })
  void pointIsFoundWithAndWithoutItsTopBit(String hex) {
    var bytes = HexFormat.of().parseHex(hex);
    assertThat(LowOrderPoints.contain(PublicKey.of(bytes))).isTrue();
    bytes[31] |= (byte) 0x80;
    assertThat(LowOrderPoints.contain(PublicKey.of(bytes))).isTrue();
  }

  @Test
  void keyOfAPeerIsNone() {
    var key = PrivateKey.of(Arrays.copyOf(new byte[] {7}, 32)).publicKey();

    assertThat(LowOrderPoints.contain(key)).isFalse();
  }
}
