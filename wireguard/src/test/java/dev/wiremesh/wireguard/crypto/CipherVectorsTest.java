package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.vectors.VectorFile.AeadVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every backend against published vectors, and where sums come to the borders of Poly1305's field.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.wiremesh.wireguard.crypto.CipherBackendsTest#backends")
class CipherVectorsTest {
  private static final int TAG = PacketCipher.TAG_LENGTH;
  private static final int BLOCK = 16;

  /** More than there are lanes in the widest vectors, and no multiple of them. */
  private static final int BATCH = 19;

  private static final BigInteger FIELD = BigInteger.TWO.pow(130).subtract(BigInteger.valueOf(5));
  private static final BigInteger CLAMP = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);

  private final CipherBackend backend;
  private final MemorySegment packet = Arena.ofAuto().allocate(32_768, 64);
  private final MemorySegment other = Arena.ofAuto().allocate(32_768, 64);

  CipherVectorsTest(CipherBackend backend) {
    this.backend = backend;
  }

  @Test
  void wycheproof() {
    for (var vector : transportVectors()) {
      assertThat(open(vector.key, vector.counter, vector.sealed))
          .as("%s", vector)
          .isEqualTo(vector.valid);
      if (vector.valid) {
        assertThat(bytes(vector.plaintext.length)).isEqualTo(vector.plaintext);
        assertThat(seal(vector.key, vector.counter, vector.plaintext))
            .as("%s", vector)
            .isEqualTo(vector.sealed);
      }
    }
  }

  /** Each at several places among packets of other lengths, at odd offsets. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void wycheproofAmongOthers(boolean inPlace) {
    for (var vector : transportVectors()) {
      for (int place : new int[] {0, 1, 3, 7, 8, 15, BATCH - 1}) {
        assertSealsAmongOthers(vector, place, inPlace);
        assertOpensAmongOthers(vector, place, inPlace);
      }
    }
  }

  /**
   * No vector of ChaCha20-Poly1305 itself can be a WireGuard packet: none has a nonce that begins
   * with four zero bytes. They are put to the handshake's cipher, in {@code PublishedVectorsTest}.
   */
  @Test
  void noVectorOfTheShortNonceIsATransportPacket() {
    assertThat(AeadVector.read("wycheproof-chacha20-poly1305.txt"))
        .hasSize(300)
        .noneMatch(vector ->
            vector.associated().length == 0
                && vector.nonce().length == 12
                && ByteBuffer.wrap(vector.nonce()).getInt() == 0);
  }

  /** A vector as a packet under a session's key. */
  private record Transport(
      String name, boolean valid, byte[] key, long counter, byte[] plaintext, byte[] sealed) {
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * XChaCha20-Poly1305 is ChaCha20-Poly1305 under a derived key and a nonce of four zero bytes and
   * eight more: a WireGuard packet's, if there is no associated data. Those with associated data,
   * or a nonce of another length, are no packets.
   */
  private static List<Transport> transportVectors() {
    var vectors =
        AeadVector.read("wycheproof-xchacha20-poly1305.txt").stream()
            .filter(vector -> vector.associated().length == 0 && vector.nonce().length == 24)
            .map(vector ->
                new Transport(
                    vector.toString(),
                    vector.valid(),
                    HChaCha20.derive(vector.key(), vector.nonce()),
                    ByteBuffer.wrap(vector.nonce()).order(ByteOrder.LITTLE_ENDIAN).getLong(16),
                    vector.plaintext(),
                    vector.sealed()))
            .toList();
    assertThat(vectors).hasSize(38);
    return vectors;
  }

  private void assertSealsAmongOthers(Transport vector, int place, boolean inPlace) {
    if (!vector.valid) {
      return;
    }
    var lengths = lengthsWith(vector.plaintext.length, place);
    var offsets = oddOffsets(lengths, TAG);
    packet.fill((byte) 0x5a);
    MemorySegment.copy(
        vector.plaintext,
        0,
        packet,
        ValueLayout.JAVA_BYTE,
        offsets[place],
        vector.plaintext.length);
    var to = inPlace ? packet : other;
    try (var cipher = backend.newCipher()) {
      cipher.seal(
          new CipherKey(vector.key),
          inPlace ? packet : packet.asReadOnly(),
          offsets,
          to,
          offsets,
          lengths,
          0,
          BATCH,
          vector.counter - place);
    }
    assertThat(to.asSlice(offsets[place], vector.sealed.length).toArray(ValueLayout.JAVA_BYTE))
        .as("%s at %d", vector, place)
        .isEqualTo(vector.sealed);
  }

  /** The others are not authentic. */
  private void assertOpensAmongOthers(Transport vector, int place, boolean inPlace) {
    var lengths = lengthsWith(vector.sealed.length, place);
    var offsets = oddOffsets(lengths, 0);
    var counters = new long[BATCH];
    Arrays.fill(counters, vector.counter);
    packet.fill((byte) 0x5a);
    MemorySegment.copy(
        vector.sealed, 0, packet, ValueLayout.JAVA_BYTE, offsets[place], vector.sealed.length);
    var to = inPlace ? packet : other;
    var authentic = new long[1];
    try (var cipher = backend.newCipher()) {
      cipher.open(
          new CipherKey(vector.key),
          inPlace ? packet : packet.asReadOnly(),
          offsets,
          to,
          offsets,
          lengths,
          0,
          BATCH,
          counters,
          authentic);
    }
    assertThat(authentic[0])
        .as("%s at %d", vector, place)
        .isEqualTo(vector.valid ? 1L << place : 0);
    if (vector.valid) {
      assertThat(to.asSlice(offsets[place], vector.plaintext.length).toArray(ValueLayout.JAVA_BYTE))
          .as("%s at %d", vector, place)
          .isEqualTo(vector.plaintext);
    }
  }

  /** From an empty packet's upwards, no two alike. */
  private static int[] lengthsWith(int length, int place) {
    var lengths = new int[BATCH];
    for (int i = 0; i < BATCH; i++) {
      lengths[i] = TAG + i * 37;
    }
    lengths[place] = length;
    return lengths;
  }

  private static int[] oddOffsets(int[] lengths, int room) {
    var offsets = new int[lengths.length];
    int at = 1;
    for (int i = 0; i < lengths.length; i++) {
      offsets[i] = at;
      at = at + lengths[i] + room + 1 | 1;
    }
    return offsets;
  }

  /**
   * Ciphertexts are chosen so that the sum over all blocks, before it is reduced for the last time,
   * comes to where carries and the reduction go wrong if they do.
   */
  @Test
  void sumsAtTheBordersOfTheField() {
    var random = new Random(5);
    var targets = List.of(0, 1, 4, 5, 6, -1, -2, -5, -6, 128, -128, 129, 64);
    for (int blocks : new int[] {1, 2, 3, 4, 5, 8, 9, 16, 17, 33, 89}) {
      byte[] key = new byte[CipherKey.LENGTH];
      random.nextBytes(key);
      long firstCounter = random.nextLong();
      var packets = new byte[targets.size()][];
      for (int i = 0; i < packets.length; i++) {
        byte[] oneTimeKey = firstKeystream(key, firstCounter + i);
        byte[] ciphertext = ciphertextFor(border(targets.get(i)), oneTimeKey, blocks, random);
        packets[i] = Arrays.copyOf(ciphertext, ciphertext.length + TAG);
        System.arraycopy(tag(oneTimeKey, ciphertext), 0, packets[i], ciphertext.length, TAG);
        assertThat(open(key, firstCounter + i, packets[i]))
            .as("%d blocks, %d", blocks, targets.get(i))
            .isTrue();
        assertThat(seal(key, firstCounter + i, bytes(ciphertext.length))).isEqualTo(packets[i]);
      }
      assertThat(openTogether(key, firstCounter, packets))
          .as("%d blocks", blocks)
          .isEqualTo((1L << packets.length) - 1);
    }
  }

  /** Small numbers beside 0 and 2^130 - 5; of greater ones the power of two, or what it lacks. */
  private static BigInteger border(int target) {
    if (Math.abs(target) < 64) {
      return BigInteger.valueOf(target).mod(FIELD);
    }
    var power = BigInteger.TWO.pow(Math.abs(target));
    return (target > 0 ? power : power.subtract(BigInteger.ONE)).mod(FIELD);
  }

  /** Random blocks, but for the last one, which brings the sum to the target. */
  private static byte[] ciphertextFor(
      BigInteger target, byte[] oneTimeKey, int blocks, Random random) {
    var r = number(oneTimeKey, 0).and(CLAMP);
    var lengths = BigInteger.valueOf((long) blocks * BLOCK).shiftLeft(64).setBit(128);
    var beforeLengths = target.multiply(r.modInverse(FIELD)).subtract(lengths);
    var wantedBlock = beforeLengths.multiply(r.modInverse(FIELD));
    var ciphertext = new byte[blocks * BLOCK];
    while (true) {
      random.nextBytes(ciphertext);
      var sum = BigInteger.ZERO;
      for (int i = 0; i < blocks - 1; i++) {
        sum = sum.add(number(ciphertext, i * BLOCK).setBit(128)).multiply(r).mod(FIELD);
      }
      var last = wantedBlock.subtract(sum).mod(FIELD);
      if (last.bitLength() == 129) {
        put(last.clearBit(128), ciphertext, (blocks - 1) * BLOCK);
        return ciphertext;
      }
      if (blocks == 1) {
        return ciphertext; // nothing can be chosen before it: an ordinary packet
      }
    }
  }

  /** RFC 8439 section 2.5, slowly. */
  private static byte[] tag(byte[] oneTimeKey, byte[] ciphertext) {
    var r = number(oneTimeKey, 0).and(CLAMP);
    var sum = BigInteger.ZERO;
    for (int i = 0; i < ciphertext.length; i += BLOCK) {
      sum = sum.add(number(ciphertext, i).setBit(128)).multiply(r).mod(FIELD);
    }
    var lengths = BigInteger.valueOf(ciphertext.length).shiftLeft(64).setBit(128);
    sum = sum.add(lengths).multiply(r).mod(FIELD).add(number(oneTimeKey, BLOCK));
    var tag = new byte[TAG];
    put(sum.mod(BigInteger.TWO.pow(128)), tag, 0);
    return tag;
  }

  private static BigInteger number(byte[] littleEndian, int from) {
    var bigEndian = new byte[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
      bigEndian[i] = littleEndian[from + BLOCK - 1 - i];
    }
    return new BigInteger(1, bigEndian);
  }

  private static void put(BigInteger number, byte[] littleEndian, int to) {
    for (int i = 0; i < BLOCK; i++) {
      littleEndian[to + i] = number.shiftRight(8 * i).byteValue();
    }
  }

  private static byte[] firstKeystream(byte[] key, long counter) {
    return HChaCha20.block(key, 0, 0, (int) counter, (int) (counter >>> 32));
  }

  private byte[] seal(byte[] key, long counter, byte[] plaintext) {
    MemorySegment.copy(plaintext, 0, packet, ValueLayout.JAVA_BYTE, 0, plaintext.length);
    try (var cipher = backend.newCipher()) {
      int[] at = {0};
      int[] lengths = {plaintext.length};
      cipher.seal(new CipherKey(key), packet, at, packet, at, lengths, 0, 1, counter);
    }
    return bytes(plaintext.length + TAG);
  }

  private boolean open(byte[] key, long counter, byte[] sealed) {
    MemorySegment.copy(sealed, 0, packet, ValueLayout.JAVA_BYTE, 0, sealed.length);
    var authentic = new long[1];
    try (var cipher = backend.newCipher()) {
      int[] at = {0};
      int[] lengths = {sealed.length};
      long[] counters = {counter};
      cipher.open(new CipherKey(key), packet, at, packet, at, lengths, 0, 1, counters, authentic);
    }
    return authentic[0] == 1;
  }

  private long openTogether(byte[] key, long firstCounter, byte[][] packets) {
    var authentic = new long[1];
    var offsets = new int[packets.length];
    var lengths = new int[packets.length];
    var counters = new long[packets.length];
    for (int i = 0; i < packets.length; i++) {
      offsets[i] = i == 0 ? 0 : offsets[i - 1] + lengths[i - 1];
      lengths[i] = packets[i].length;
      counters[i] = firstCounter + i;
      MemorySegment.copy(packets[i], 0, packet, ValueLayout.JAVA_BYTE, offsets[i], lengths[i]);
    }
    int count = packets.length;
    try (var cipher = backend.newCipher()) {
      cipher.open(
          new CipherKey(key),
          packet,
          offsets,
          packet,
          offsets,
          lengths,
          0,
          count,
          counters,
          authentic);
    }
    return authentic[0];
  }

  private byte[] bytes(int length) {
    return packet.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
  }
}
