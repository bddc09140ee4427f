package dev.wiremesh.wireguard.crypto.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Memory by absolute address. {@code ALL} is a constant for the compiler, so that an access is one
 * instruction; a segment in a field costs its checks at each access, and large methods with many of
 * them are no longer compiled well. Nothing is checked here: {@link VectorPacketCipher} checks
 * every range once.
 */
final class NativeMemory {
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private NativeMemory() {}

  static long getLong(long address) {
    return ALL.get(LONG, address);
  }

  static void putLong(long address, long value) {
    ALL.set(LONG, address, value);
  }

  static int getInt(long address) {
    return ALL.get(INT, address);
  }

  static long getByte(long address) {
    return ALL.get(ValueLayout.JAVA_BYTE, address) & 0xffL;
  }

  static void putByte(long address, long value) {
    ALL.set(ValueLayout.JAVA_BYTE, address, (byte) value);
  }
}
