package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every backend where sums come to the borders of Poly1305's field. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.wiremesh.wireguard.crypto.CipherBackendsTest#backends")
class Poly1305BordersTest {
  private static final int TAG = PacketCipher.TAG_LENGTH;
  private static final int BLOCK = 16;

  /** Small numbers beside 0 and 2^130 - 5; of greater ones the power of two, or what it lacks. */
  private static final List<Integer> BORDERS =
      List.of(0, 1, 4, 5, 6, -1, -2, -5, -6, 128, -128, 129, 64);

  private static final BigInteger FIELD = BigInteger.TWO.pow(130).subtract(BigInteger.valueOf(5));
  private static final BigInteger CLAMP = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);

  private final SplittableRandom random = new SplittableRandom(5);
  private final CipherBackend backend;

  Poly1305BordersTest(CipherBackend backend) {
    this.backend = backend;
  }

  /**
   * Ciphertexts are chosen so that the sum over all blocks, before it is reduced for the last time,
   * comes to where carries and the reduction go wrong if they do.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 33})
  void sumsAtTheBordersOfTheField(int associatedLength) {
    for (int blocks : new int[] {1, 2, 3, 4, 5, 8, 9, 16, 17, 33, 89}) {
      var key = randomBytes(CipherKey.LENGTH);
      int prefix = associatedLength == 0 ? 0 : random.nextInt();
      var associated = randomBytes(associatedLength);
      long firstCounter = random.nextLong();
      var sealed = new ArrayList<byte[]>();
      for (int i = 0; i < BORDERS.size(); i++) {
        var oneTimeKey = firstKeystream(key, prefix, firstCounter + i);
        var ciphertext = ciphertextFor(border(BORDERS.get(i)), oneTimeKey, associated, blocks);
        var packet = Arrays.copyOf(ciphertext, ciphertext.length + TAG);
        put(tag(oneTimeKey, associated, ciphertext), packet, ciphertext.length);
        sealed.add(packet);
      }
      var sessionKey = new CipherKey(key, prefix, associated);
      assertOpensAndSeals(sessionKey, firstCounter, sealed);
      for (int i = 0; i < sealed.size(); i++) {
        assertOpensAndSeals(sessionKey, firstCounter + i, List.of(sealed.get(i)));
      }
    }
  }

  private void assertOpensAndSeals(CipherKey key, long firstCounter, List<byte[]> sealed) {
    var lengths = sealed.stream().mapToInt(packet -> packet.length - TAG).toArray();
    var batch = Batch.of(lengths, random);
    for (int i = 0; i < lengths.length; i++) {
      batch.put(i, sealed.get(i));
    }
    // The JDK's refuses to seal under the nonce that it was used with just before.
    try (var opening = backend.newCipher();
        var sealing = backend.newCipher()) {
      var opened = batch.open(opening, key, firstCounter, true);
      assertThat(opened.authentic()).as("%d bytes each", lengths[0]).containsOnly(true);
      opened.packets().seal(sealing, key, firstCounter, true).assertHoldsOnly(sealed);
    }
  }

  private static BigInteger border(int target) {
    if (Math.abs(target) < 64) {
      return BigInteger.valueOf(target).mod(FIELD);
    }
    var power = BigInteger.TWO.pow(Math.abs(target));
    return (target > 0 ? power : power.subtract(BigInteger.ONE)).mod(FIELD);
  }

  /** Random blocks, but for the last one, which brings the sum to the target. */
  private byte[] ciphertextFor(
      BigInteger target, byte[] oneTimeKey, byte[] associated, int blocks) {
    var r = r(oneTimeKey);
    var inverse = r.modInverse(FIELD);
    var beforeLengths = target.multiply(inverse).subtract(lengths(associated, blocks * BLOCK));
    var wanted = beforeLengths.multiply(inverse);
    var sumOfAssociated = sum(BigInteger.ZERO, r, padded(associated), associated.length);
    while (true) {
      var ciphertext = randomBytes(blocks * BLOCK);
      int last = (blocks - 1) * BLOCK;
      var lastBlock = wanted.subtract(sum(sumOfAssociated, r, ciphertext, last)).mod(FIELD);
      if (lastBlock.bitLength() == 129) {
        put(lastBlock.clearBit(128), ciphertext, last);
        return ciphertext;
      }
      if (blocks == 1) {
        return ciphertext; // nothing can be chosen before it: an ordinary packet
      }
    }
  }

  /** RFC 8439 sections 2.5 and 2.8, slowly, for ciphertexts of whole blocks. */
  private static BigInteger tag(byte[] oneTimeKey, byte[] associated, byte[] ciphertext) {
    var r = r(oneTimeKey);
    var sum = sum(BigInteger.ZERO, r, padded(associated), associated.length);
    sum = sum(sum, r, ciphertext, ciphertext.length);
    sum = sum.add(lengths(associated, ciphertext.length)).multiply(r).mod(FIELD);
    return sum.add(number(oneTimeKey, BLOCK)).mod(BigInteger.TWO.pow(128));
  }

  private static BigInteger sum(BigInteger start, BigInteger r, byte[] blocks, int end) {
    var sum = start;
    for (int i = 0; i < end; i += BLOCK) {
      sum = sum.add(number(blocks, i).setBit(128)).multiply(r).mod(FIELD);
    }
    return sum;
  }

  private static BigInteger lengths(byte[] associated, int ciphertextLength) {
    return BigInteger.valueOf(ciphertextLength)
        .shiftLeft(64)
        .add(BigInteger.valueOf(associated.length))
        .setBit(128);
  }

  private static byte[] padded(byte[] associated) {
    return Arrays.copyOf(associated, associated.length + BLOCK);
  }

  private static BigInteger r(byte[] oneTimeKey) {
    return number(oneTimeKey, 0).and(CLAMP);
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

  private static byte[] firstKeystream(byte[] key, int prefix, long counter) {
    return HChaCha20.block(key, 0, prefix, (int) counter, (int) (counter >>> 32));
  }

  private byte[] randomBytes(int count) {
    var bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
