package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of {@link PacketCipher} beyond the right bytes, for every backend. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.wiremesh.wireguard.crypto.CipherBackendsTest#backends")
class PacketCipherTest {
  private static final int TAG = PacketCipher.TAG_LENGTH;

  private final SplittableRandom random = new SplittableRandom(14);
  private final CipherKey key = new CipherKey(new byte[CipherKey.LENGTH]);
  private final PacketCipher cipher;

  PacketCipherTest(CipherBackend backend) {
    cipher = backend.newCipher();
  }

  @AfterEach
  void close() {
    cipher.close();
  }

  @Test
  void leavesTheOtherBitsOfTheResultAlone() {
    var batch = Batch.of(new int[] {10, 20, 30, 40}, random).seal(cipher, key, 0, true);
    batch.flipBit(batch.offsets[2], 0);
    var authentic = new long[] {0xf0f0_f0f0_f0f0_f0f0L | 0b0101};
    var packets = PacketLayout.inPlace(batch.memory, batch.offsets, batch.sealedLengths());
    cipher.open(key, packets, 1, 2, batch.counters(0), authentic);
    assertThat(authentic[0]).isEqualTo(0xf0f0_f0f0_f0f0_f0f0L | 0b0011);
  }

  @Test
  void sealsAPartOfABatchAndLeavesTheRestAlone() {
    var batch = Batch.of(new int[] {90, 80, 70, 60, 50, 40}, random);
    var plain = batch.packets();
    var packets = PacketLayout.inPlace(batch.memory, batch.offsets, batch.lengths);
    cipher.seal(key, packets, 3, 2, 10);
    var sealed = batch.packets();
    for (int i = 0; i < sealed.size(); i++) {
      if (i < 3 || i == 5) {
        assertThat(sealed.get(i)).as("packet %d", i).isEqualTo(plain.get(i));
      }
    }
    var opened = batch.open(cipher, key, 7, true);
    assertThat(opened.authentic()).containsExactly(false, false, false, true, true, false);
    assertThat(opened.packets().packet(3)).isEqualTo(plain.get(3));
    assertThat(opened.packets().packet(4)).isEqualTo(plain.get(4));
  }

  @Test
  void opensTheSamePacketAsOftenAsItComes() {
    var batch = Batch.of(new int[] {100}, random);
    var plain = batch.packets();
    var sealed = batch.seal(cipher, key, 7, false);
    for (int i = 0; i < 3; i++) {
      var opened = sealed.open(cipher, key, 7, false);
      assertThat(opened.authentic()).containsExactly(true);
      opened.packets().assertHoldsOnly(plain);
    }
  }

  @Test
  void refusesRangesBeyondTheMemory() {
    var memory = Arena.ofAuto().allocate(100);
    assertThatThrownBy(() -> seal(memory, memory, 85))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> open(memory, memory, 101))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void refusesImpossibleLengths() {
    var memory = Arena.ofAuto().allocate(70_000);
    for (int length : new int[] {-1, 65_536}) {
      assertThatThrownBy(() -> seal(memory, memory, length))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> open(memory, memory, length + TAG))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void refusesMemoryThatItCannotUse() {
    var memory = Arena.ofAuto().allocate(100);
    assertThatThrownBy(() -> seal(memory, memory.asReadOnly(), 10))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> seal(MemorySegment.ofArray(new byte[100]), memory, 10))
        .isInstanceOf(IllegalArgumentException.class);
    var arena = Arena.ofConfined();
    var closed = arena.allocate(100);
    arena.close();
    assertThatThrownBy(() -> open(closed, memory, 50)).isInstanceOf(IllegalStateException.class);
  }

  private void seal(MemorySegment source, MemorySegment destination, int length) {
    cipher.seal(key, packet(source, destination, length), 0, 1, 0);
  }

  private void open(MemorySegment source, MemorySegment destination, int length) {
    cipher.open(key, packet(source, destination, length), 0, 1, new long[1], new long[1]);
  }

  private static PacketLayout packet(MemorySegment source, MemorySegment destination, int length) {
    int[] at = {0};
    return new PacketLayout(source, at, destination, at, new int[] {length});
  }
}
