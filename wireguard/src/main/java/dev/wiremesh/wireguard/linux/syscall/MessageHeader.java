package dev.wiremesh.wireguard.linux.syscall;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * {@code struct msghdr}, {@code mmsghdr}, {@code iovec} and {@code cmsghdr} of 64-bit Linux, as
 * offsets.
 */
public final class MessageHeader {
  public static final int BYTES = 56;
  public static final int MULTI_BYTES = 64;
  public static final int IOVEC_BYTES = 16;
  public static final int CONTROL_HEADER_BYTES = 16;

  private static final long NAME = 0;
  private static final long NAME_LENGTH = 8;
  private static final long VECTOR = 16;
  private static final long VECTOR_COUNT = 24;
  private static final long CONTROL = 32;
  private static final long CONTROL_LENGTH = 40;
  private static final long FLAGS = 48;

  private MessageHeader() {}

  public static void setName(MemorySegment at, long offset, long address, int length) {
    at.set(JAVA_LONG, offset + NAME, address);
    at.set(JAVA_INT, offset + NAME_LENGTH, length);
  }

  public static void setVector(MemorySegment at, long offset, long address, long count) {
    at.set(JAVA_LONG, offset + VECTOR, address);
    at.set(JAVA_LONG, offset + VECTOR_COUNT, count);
  }

  public static void setControl(MemorySegment at, long offset, long address, long length) {
    at.set(JAVA_LONG, offset + CONTROL, address);
    at.set(JAVA_LONG, offset + CONTROL_LENGTH, length);
  }

  public static void clearFlags(MemorySegment at, long offset) {
    at.set(JAVA_INT, offset + FLAGS, 0);
  }

  public static int flags(MemorySegment at) {
    return at.get(JAVA_INT, FLAGS);
  }

  public static long controlLength(MemorySegment at) {
    return at.get(JAVA_LONG, CONTROL_LENGTH);
  }

  public static void setIovec(MemorySegment at, long offset, long address, long length) {
    at.set(JAVA_LONG, offset, address);
    at.set(JAVA_LONG, offset + Long.BYTES, length);
  }

  public static void setControlHeader(MemorySegment at, int level, int type, int dataBytes) {
    setControlHeader(at, 0, level, type, dataBytes);
  }

  public static void setControlHeader(
      MemorySegment at, long offset, int level, int type, int dataBytes) {
    at.set(JAVA_LONG, offset, CONTROL_HEADER_BYTES + dataBytes);
    at.set(JAVA_INT, offset + 8, level);
    at.set(JAVA_INT, offset + 12, type);
  }

  /**
   * Looks for a control message.
   *
   * @param length of all control messages
   * @return where its data begins, or -1
   */
  public static int findControl(MemorySegment at, long length, int level, int type, int dataBytes) {
    long offset = 0;
    while (offset + CONTROL_HEADER_BYTES <= length) {
      long bytes = at.get(JAVA_LONG, offset);
      if (bytes < CONTROL_HEADER_BYTES || offset + bytes > length) {
        return -1;
      }
      if (bytes >= CONTROL_HEADER_BYTES + dataBytes
          && at.get(JAVA_INT, offset + 8) == level
          && at.get(JAVA_INT, offset + 12) == type) {
        return (int) offset + CONTROL_HEADER_BYTES;
      }
      offset += (bytes + 7) & ~7L;
    }
    return -1;
  }

  /** Bytes that a control message with so much data occupies, padding included. */
  public static int controlSpace(int dataBytes) {
    return CONTROL_HEADER_BYTES + ((dataBytes + 7) & ~7);
  }
}
