package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CipherKeyTest {
  private final byte[] bytes = filled(CipherKey.LENGTH, 7);
  private final byte[] associated = filled(21, 9);
  private final CipherKey key = new CipherKey(bytes, 0x01020304, associated);

  @Test
  void copiesTheKeyThatItsOwnerWipes() {
    Arrays.fill(bytes, (byte) 0);
    Arrays.fill(associated, (byte) 0);
    assertThat(key.bytes().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(filled(CipherKey.LENGTH, 7));
    assertThat(key.associated().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(filled(21, 9));
    assertThat(key.noncePrefix()).isEqualTo(0x01020304);
  }

  @Test
  void forgetsKeyAndAssociatedDataWhenWiped() {
    key.wipe();
    assertThat(key.bytes().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    assertThat(key.associated().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
  }

  @Test
  void ofWireGuardHasNoAssociatedData() {
    var wireGuards = new CipherKey(bytes);
    assertThat(wireGuards.noncePrefix()).isZero();
    assertThat(wireGuards.associated().byteSize()).isZero();
    wireGuards.wipe();
  }

  @Test
  void refusesKeysOfOtherLengths() {
    assertThatThrownBy(() -> new CipherKey(new byte[31]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void doesNotSayItself() {
    assertThat(key).hasToString("(session key)");
  }

  private static byte[] filled(int length, int value) {
    var bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
