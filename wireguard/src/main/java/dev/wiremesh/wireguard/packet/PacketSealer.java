package dev.wiremesh.wireguard.packet;

import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.session.Session;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Turns plain packets into data messages in place (whitepaper section 5.4.6): padding and tag
 * follow each, the header precedes it. Belongs to one thread, or to the control lock.
 */
public final class PacketSealer {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int PADDING_UNIT = 16;

  private final PacketCipher cipher;

  public PacketSealer(PacketCipher cipher) {
    this.cipher = cipher;
  }

  /**
   * Seals packets {@code from} to {@code from + count - 1} under counters from {@code firstCounter}
   * on.
   */
  public void seal(
      PacketBatch batch, int from, int count, Session<?> session, long firstCounter, int mtu) {
    var slab = batch.slab();
    for (int i = from; i < from + count; i++) {
      pad(batch, slab, i, mtu);
    }
    cipher.seal(session.sendKey(), batch.layout(), from, count, firstCounter);
    for (int i = from; i < from + count; i++) {
      writeHeader(batch, slab, i, session.remoteIndex(), firstCounter + (i - from));
    }
  }

  private static void pad(PacketBatch batch, MemorySegment slab, int i, int mtu) {
    int length = batch.length(i);
    int padded = length + paddingOf(length, mtu);
    for (int at = length; at < padded; at++) {
      slab.set(ValueLayout.JAVA_BYTE, batch.offset(i) + at, (byte) 0);
    }
    batch.set(i, batch.offset(i), padded);
  }

  /**
   * Padding to a multiple of 16, but not beyond the MTU; a packet longer than the MTU is padded by
   * its last fragment.
   */
  static int paddingOf(int length, int mtu) {
    int last = length > mtu && mtu > 0 ? length % mtu : length;
    int padded = (last + PADDING_UNIT - 1) & -PADDING_UNIT;
    return (mtu > 0 ? Math.min(padded, mtu) : padded) - last;
  }

  private static void writeHeader(
      PacketBatch batch, MemorySegment slab, int i, int receiver, long counter) {
    int header = batch.offset(i) - MessageType.DATA_HEADER_LENGTH;
    slab.set(INT, header, MessageType.DATA);
    slab.set(INT, header + 4, receiver);
    slab.set(LONG, header + 8, counter);
    batch.set(
        i, header, MessageType.DATA_HEADER_LENGTH + batch.length(i) + PacketCipher.TAG_LENGTH);
  }
}
