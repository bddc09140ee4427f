package dev.wiremesh.wireguard.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;

/**
 * Cipher of {@code javax.crypto}, one packet after the other through a heap array: its intrinsics
 * need arrays, and copying costs less than its own handling of direct buffers.
 */
final class JdkPacketCipher implements PacketCipher {
  private static final String ALGORITHM = "ChaCha20-Poly1305";
  private static final int NONCE_LENGTH = 12;
  private static final int COUNTER_OFFSET = 4;

  private final Cipher cipher;
  private final RawKey rawKey = new RawKey();
  private final ByteBuffer nonce = ByteBuffer.allocate(NONCE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
  private byte[] scratch = new byte[2048];

  JdkPacketCipher() {
    try {
      cipher = Cipher.getInstance(ALGORITHM);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + ALGORITHM, e);
    }
  }

  @Override
  public void seal(CipherKey key, PacketLayout packets, int from, int count, long firstCounter) {
    BoundsChecks.checkSeal(packets, from, count);
    rawKey.load(key);
    var source = packets.source();
    var destination = packets.destination();
    int[] destinationOffsets = packets.destinationOffsets();
    for (int i = from; i < from + count; i++) {
      int length = packets.lengths()[i];
      ensureScratch(length + TAG_LENGTH);
      MemorySegment.copy(
          source, ValueLayout.JAVA_BYTE, packets.sourceOffsets()[i], scratch, 0, length);
      try {
        init(Cipher.ENCRYPT_MODE, key, firstCounter + (i - from));
        cipher.doFinal(scratch, 0, length, scratch, 0);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("sealing failed", e);
      }
      MemorySegment.copy(
          scratch,
          0,
          destination,
          ValueLayout.JAVA_BYTE,
          destinationOffsets[i],
          length + TAG_LENGTH);
    }
  }

  @Override
  public void open(
      CipherKey key, PacketLayout packets, int from, int count, long[] counters, long[] authentic) {
    BoundsChecks.checkOpen(packets, from, count);
    rawKey.load(key);
    var source = packets.source();
    var destination = packets.destination();
    int[] destinationOffsets = packets.destinationOffsets();
    for (int i = from; i < from + count; i++) {
      int length = packets.lengths()[i];
      ensureScratch(length);
      MemorySegment.copy(
          source, ValueLayout.JAVA_BYTE, packets.sourceOffsets()[i], scratch, 0, length);
      if (openScratch(key, length, counters[i])) {
        MemorySegment.copy(
            scratch,
            0,
            destination,
            ValueLayout.JAVA_BYTE,
            destinationOffsets[i],
            length - TAG_LENGTH);
        authentic[i >>> 6] |= 1L << i;
      } else {
        authentic[i >>> 6] &= ~(1L << i);
      }
    }
  }

  private boolean openScratch(CipherKey key, int length, long counter) {
    try {
      init(Cipher.DECRYPT_MODE, key, counter);
      cipher.doFinal(scratch, 0, length, scratch, 0);
      return true;
    } catch (AEADBadTagException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("opening failed", e);
    }
  }

  private void init(int mode, CipherKey key, long counter) throws GeneralSecurityException {
    nonce.putInt(0, key.noncePrefix()).putLong(COUNTER_OFFSET, counter);
    cipher.init(mode, rawKey, new IvParameterSpec(nonce.array()));
    if (key.associated().byteSize() > 0) {
      cipher.updateAAD(key.associated().asByteBuffer());
    }
  }

  private void ensureScratch(int length) {
    if (scratch.length < length) {
      scratch = new byte[length + length / 2];
    }
  }

  @Override
  public void close() {
    Arrays.fill(scratch, (byte) 0);
    rawKey.destroy();
  }

  /** A key that can be refilled and wiped, which {@code SecretKeySpec} cannot. */
  private static final class RawKey implements SecretKey {
    private static final long serialVersionUID = 1L;

    private final byte[] bytes = new byte[CipherKey.LENGTH];

    void load(CipherKey key) {
      MemorySegment.copy(key.bytes(), ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
    }

    @Override
    public String getAlgorithm() {
      return "ChaCha20";
    }

    @Override
    public String getFormat() {
      return "RAW";
    }

    @Override
    public byte[] getEncoded() {
      return bytes.clone();
    }

    @Override
    public void destroy() {
      Arrays.fill(bytes, (byte) 0);
    }
  }
}
