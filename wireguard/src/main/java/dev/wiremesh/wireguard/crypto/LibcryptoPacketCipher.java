package dev.wiremesh.wireguard.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteOrder;

/**
 * Cipher of libcrypto: four calls a packet, directly on its memory, and one more for associated
 * data. The key is set for each batch, which costs less than checking whether it has changed.
 */
final class LibcryptoPacketCipher implements PacketCipher {
  private static final int NONCE_LENGTH = 12;
  private static final int COUNTER_OFFSET = 4;
  private static final ValueLayout.OfInt PREFIX =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong COUNTER =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final long sealing = Evp.newContext();
  private final long opening = Evp.newContext();
  private final MemorySegment nonce = Arena.ofAuto().allocate(NONCE_LENGTH, 8);
  private final MemorySegment written = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);
  private final long nonceAddress = nonce.address();
  private final long writtenAddress = written.address();
  private boolean closed;

  @Override
  public void seal(CipherKey key, PacketLayout packets, int from, int count, long firstCounter) {
    BoundsChecks.checkSeal(packets, from, count);
    nonce.set(PREFIX, 0, key.noncePrefix());
    long keyAddress = key.bytes().address();
    long associated = key.associated().address();
    int associatedLength = (int) key.associated().byteSize();
    long in = packets.source().address();
    long out = packets.destination().address();
    int[] inOffsets = packets.sourceOffsets();
    int[] outOffsets = packets.destinationOffsets();
    int[] lengths = packets.lengths();
    long cipher = Evp.CHACHA20_POLY1305;
    int ok = 1;
    for (int i = from; i < from + count; i++) {
      nonce.set(COUNTER, COUNTER_OFFSET, firstCounter + (i - from));
      ok &= Evp.encryptInit(sealing, cipher, keyAddress, nonceAddress);
      if (associatedLength > 0) {
        ok &= Evp.encryptUpdate(sealing, 0, writtenAddress, associated, associatedLength);
      }
      ok &= sealOne(in + inOffsets[i], out + outOffsets[i], lengths[i]);
      cipher = 0;
      keyAddress = 0;
    }
    Reference.reachabilityFence(key);
    if (ok != 1) {
      throw new IllegalStateException("libcrypto could not seal");
    }
  }

  private int sealOne(long in, long out, int length) {
    // Without input libcrypto would take the null pointer for associated data.
    int ok = length == 0 ? 1 : Evp.encryptUpdate(sealing, out, writtenAddress, in, length);
    ok &= Evp.encryptFinal(sealing, out + length, writtenAddress);
    return ok & Evp.control(sealing, Evp.CTRL_GET_TAG, TAG_LENGTH, out + length);
  }

  @Override
  public void open(
      CipherKey key, PacketLayout packets, int from, int count, long[] counters, long[] authentic) {
    BoundsChecks.checkOpen(packets, from, count);
    nonce.set(PREFIX, 0, key.noncePrefix());
    long keyAddress = key.bytes().address();
    long associated = key.associated().address();
    int associatedLength = (int) key.associated().byteSize();
    long in = packets.source().address();
    long out = packets.destination().address();
    int[] inOffsets = packets.sourceOffsets();
    int[] outOffsets = packets.destinationOffsets();
    int[] lengths = packets.lengths();
    long cipher = Evp.CHACHA20_POLY1305;
    for (int i = from; i < from + count; i++) {
      nonce.set(COUNTER, COUNTER_OFFSET, counters[i]);
      int ok = Evp.decryptInit(opening, cipher, keyAddress, nonceAddress);
      if (associatedLength > 0) {
        ok &= Evp.decryptUpdate(opening, 0, writtenAddress, associated, associatedLength);
      }
      if (ok != 1) {
        throw new IllegalStateException("libcrypto could not open");
      }
      long bit = 1L << i;
      if (openOne(in + inOffsets[i], out + outOffsets[i], lengths[i] - TAG_LENGTH)) {
        authentic[i >>> 6] |= bit;
      } else {
        authentic[i >>> 6] &= ~bit;
      }
      cipher = 0;
      keyAddress = 0;
    }
    Reference.reachabilityFence(key);
  }

  private boolean openOne(long in, long out, int length) {
    return Evp.control(opening, Evp.CTRL_SET_TAG, TAG_LENGTH, in + length) == 1
        && (length == 0 || Evp.decryptUpdate(opening, out, writtenAddress, in, length) == 1)
        && Evp.decryptFinal(opening, out + length, writtenAddress) == 1;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Evp.free(sealing);
      Evp.free(opening);
    }
  }
}
