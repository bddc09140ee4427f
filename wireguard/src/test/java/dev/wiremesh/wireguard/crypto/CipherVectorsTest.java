package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.vectors.VectorFile.AeadVector;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every backend against all published vectors. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.wiremesh.wireguard.crypto.CipherBackendsTest#backends")
class CipherVectorsTest {
  /** More than there are lanes in the widest vectors, and no multiple of them. */
  private static final int BATCH = 19;

  private final SplittableRandom random = new SplittableRandom(8439);
  private final CipherBackend backend;

  CipherVectorsTest(CipherBackend backend) {
    this.backend = backend;
  }

  @Test
  void passesTheSelfTest() {
    assertThat(CipherSelfTest.passes(backend)).isTrue();
  }

  /** RFC 8439 appendix A.1, vector 2: key and nonce zero, so the keystream of block 1. */
  @Test
  void theKeystreamIsThatOfTheRfc() {
    var zeros = Batch.of(List.of(new byte[64]), random);
    try (var cipher = backend.newCipher()) {
      var sealed = zeros.seal(cipher, new CipherKey(new byte[CipherKey.LENGTH]), 0, true);
      assertThat(HexFormat.of().formatHex(sealed.packet(0)))
          .isEqualTo(
              "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
                  + "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
    }
  }

  @ParameterizedTest
  @EnumSource
  void sealsAndOpensEachAlone(Source source) {
    for (var packet : source.packets()) {
      check(packet, 1, 0, true);
      check(packet, 1, 0, false);
    }
  }

  /** At several places among packets of other lengths, at odd offsets. */
  @ParameterizedTest
  @EnumSource
  void sealsAndOpensEachAmongOthers(Source source) {
    for (var packet : source.packets()) {
      for (int place : new int[] {0, 1, 3, 7, 8, 15, BATCH - 1}) {
        check(packet, BATCH, place, true);
        check(packet, BATCH, place, false);
      }
    }
  }

  /** No counter can be found in the nonces of these, which are too short or too long. */
  @ParameterizedTest
  @EnumSource
  void theOnlyVectorsThatAreNoPacketsAreInvalid(Source source) {
    assertThat(source.vectors()).hasSize(source.count);
    assertThat(source.vectors())
        .filteredOn(vector -> vector.nonce().length != source.nonceLength)
        .hasSize(source.withOtherNonces)
        .noneMatch(AeadVector::valid);
  }

  private enum Source {
    RFC("rfc8439-chacha20-poly1305.txt", 12, 2, 0),
    WYCHEPROOF("wycheproof-chacha20-poly1305.txt", 12, 325, 9),
    WYCHEPROOF_EXTENDED("wycheproof-xchacha20-poly1305.txt", 24, 315, 9);

    private final String file;
    private final int nonceLength;
    private final int count;
    private final int withOtherNonces;

    Source(String file, int nonceLength, int count, int withOtherNonces) {
      this.file = file;
      this.nonceLength = nonceLength;
      this.count = count;
      this.withOtherNonces = withOtherNonces;
    }

    List<AeadVector> vectors() {
      return AeadVector.read(file);
    }

    List<Packet> packets() {
      return vectors().stream()
          .filter(vector -> vector.nonce().length == nonceLength)
          .map(Packet::of)
          .toList();
    }
  }

  /** A vector as a packet of a session: the last eight bytes of the nonce are its counter. */
  private record Packet(AeadVector vector, CipherKey key, long counter) {
    /**
     * XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key derived from the first 16 bytes of the
     * nonce, and then four zero bytes and the last eight.
     */
    static Packet of(AeadVector vector) {
      var nonce = ByteBuffer.wrap(vector.nonce()).order(ByteOrder.LITTLE_ENDIAN);
      boolean extended = nonce.capacity() == 24;
      var key = extended ? HChaCha20.derive(vector.key(), vector.nonce()) : vector.key();
      int prefix = extended ? 0 : nonce.getInt(0);
      long counter = nonce.getLong(nonce.capacity() - Long.BYTES);
      return new Packet(vector, new CipherKey(key, prefix, vector.associated()), counter);
    }
  }

  private void check(Packet packet, int count, int place, boolean inPlace) {
    var vector = packet.vector();
    var what = "%s at %d of %d%s".formatted(vector, place, count, inPlace ? ", in place" : "");
    long firstCounter = packet.counter() - place;
    var batch = Batch.of(lengthsWith(vector.plaintext().length, count, place), random);
    batch.put(place, vector.plaintext());
    var plain = batch.packets();
    var authentic = new boolean[count];
    Arrays.fill(authentic, true);
    authentic[place] = vector.valid();
    try (var cipher = backend.newCipher()) {
      var sealed = batch.seal(cipher, packet.key(), firstCounter, inPlace);
      if (vector.valid()) {
        assertThat(sealed.sealedPacket(place)).as(what).isEqualTo(vector.sealed());
      }
      sealed.put(place, vector.sealed());
      var opened = sealed.open(cipher, packet.key(), firstCounter, inPlace);
      assertThat(opened.authentic()).as(what).isEqualTo(authentic);
      for (int i = 0; i < count; i++) {
        if (authentic[i]) {
          assertThat(opened.packets().packet(i)).as(what).isEqualTo(plain.get(i));
        }
      }
    }
  }

  /** From an empty packet's upwards, no two alike. */
  private static int[] lengthsWith(int length, int count, int place) {
    var lengths = new int[count];
    Arrays.setAll(lengths, i -> i == place ? length : i * 37);
    return lengths;
  }
}
