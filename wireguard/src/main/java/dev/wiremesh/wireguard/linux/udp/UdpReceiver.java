package dev.wiremesh.wireguard.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.MessageHeader;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Receives from the socket of one family, with each datagram's destination address (IP_PKTINFO).
 * Owned by the receiving thread.
 *
 * <p>A datagram is received into the batch; the part that does not fit goes to a spare buffer, and
 * the whole datagram then waits for the next batch. So a batch can be filled completely without
 * truncating a datagram.
 */
final class UdpReceiver {
  private static final int SPARE_BYTES = PacketBatch.MAX_PACKET;
  private static final int CONTROL_BYTES = 128;
  private static final int IPPROTO_IP = 0;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IP_PKTINFO = 8;
  private static final int IP_TOS = 1;
  private static final int IPV6_PKTINFO = 50;
  private static final int IPV6_TCLASS = 67;
  private static final int V4_INFO_BYTES = 12;
  private static final int V6_INFO_BYTES = 20;
  private static final int SOL_UDP = 17;
  private static final int UDP_GRO = 104;

  /** More consecutive errors than this come from the socket, not from single datagrams. */
  private static final int MAX_ERRORS = 1000;

  /** Most datagrams that the kernel joins (UDP_GRO). */
  private static final int MAX_SEGMENTS = 64;

  private final int fd;
  private final boolean joined;
  private final boolean v4;
  private final Family family;
  private final EndpointCache endpoints = new EndpointCache();
  private final MemorySegment header;
  private final MemorySegment name;
  private final MemorySegment vector;
  private final MemorySegment control;
  private final MemorySegment spare;

  // A datagram that did not fit into the last batch lies at the start of spare.
  private int waitingLength = -1;
  private int waitingSegment;
  private int waitingTrafficClass;
  private UdpEndpoint waitingEndpoint;

  /**
   * @param joined whether the kernel may join datagrams of one sender (UDP_GRO)
   */
  UdpReceiver(int fd, Family family, boolean joined) {
    this.fd = fd;
    this.joined = joined && Sockets.setsockopt(fd, SOL_UDP, UDP_GRO, 1) >= 0;
    this.family = family;
    v4 = family == Family.IPV4;
    var arena = Arena.ofAuto();
    header = arena.allocate(MessageHeader.BYTES, 8);
    name = arena.allocate(SockAddr.V6_BYTES, 8);
    vector = arena.allocate(2L * MessageHeader.IOVEC_BYTES, 8);
    control = arena.allocate(CONTROL_BYTES, 8);
    spare = arena.allocate(SPARE_BYTES, 64);
    MessageHeader.setVector(header, 0, vector.address(), 2);
    waitingEndpoint = endpoints.get(family, 0, 0, 0, 0, 0, 0, 0);
  }

  /** True if the kernel joins datagrams; any thread. */
  boolean isJoined() {
    return joined;
  }

  /** True while a received datagram waits for the next batch. */
  boolean hasWaiting() {
    return waitingLength >= 0;
  }

  /**
   * Adds the datagrams in the socket to the batch, without waiting.
   *
   * @return true if more may be there, false if the socket is empty
   * @throws SystemCallException after {@link #MAX_ERRORS} consecutive errors
   */
  boolean fill(PacketBatch into) throws SystemCallException {
    if (hasWaiting()) {
      if (into.room() < waitingLength
          || into.capacity() - into.count() < segments(waitingLength, waitingSegment)) {
        return true;
      }
      MemorySegment.copy(spare, 0, into.slab(), into.nextOffset(), waitingLength);
      add(into, waitingLength, waitingSegment, waitingEndpoint, waitingTrafficClass);
      waitingLength = -1;
    }
    // Joined datagrams are not received where they might not fit: they would be copied twice.
    int errors = 0;
    int least = joined ? Math.min(MAX_SEGMENTS, into.capacity()) : 1;
    while (into.room() > 0 && into.capacity() - into.count() >= least && !hasWaiting()) {
      int room = into.room();
      long n = receive(into.slab().address() + into.nextOffset(), room);
      if (n == -Errno.EAGAIN) {
        return false;
      }
      if (n >= 0) {
        accept(into, (int) n, room);
      } else if (++errors == MAX_ERRORS) {
        SystemCallException.check(n, "recvmsg");
      }
      // Else an error of an earlier datagram (ICMP), or an interrupt: the next call goes on.
    }
    return true;
  }

  private long receive(long address, int room) {
    MessageHeader.setName(header, 0, name.address(), SockAddr.V6_BYTES);
    MessageHeader.setControl(header, 0, control.address(), CONTROL_BYTES);
    MessageHeader.clearFlags(header, 0);
    MessageHeader.setIovec(vector, 0, address, room);
    MessageHeader.setIovec(
        vector, MessageHeader.IOVEC_BYTES, spare.address() + room, SPARE_BYTES - room);
    return Sockets.recvmsg(fd, header.address(), Sockets.MSG_DONTWAIT);
  }

  private void accept(PacketBatch into, int length, int room) {
    if ((MessageHeader.flags(header) & Sockets.MSG_TRUNC) != 0 || SockAddr.port(name) == 0) {
      return;
    }
    var endpoint = endpoint();
    int segment = segment(length);
    int segments = segments(length, segment);
    if (segments > into.capacity()) {
      // No peer sends so many small ones, but a virtual machine's host may join any number. They
      // would wait for a larger batch for ever, and all later datagrams behind them.
      return;
    }
    int trafficClass = trafficClass();
    if (length <= room && segments <= into.capacity() - into.count()) {
      add(into, length, segment, endpoint, trafficClass);
      return;
    }
    // The tail is in place already; the head is put before it.
    MemorySegment.copy(into.slab(), into.nextOffset(), spare, 0, Math.min(room, length));
    waitingLength = length;
    waitingSegment = segment;
    waitingEndpoint = endpoint;
    waitingTrafficClass = trafficClass;
  }

  private int trafficClass() {
    long length = MessageHeader.controlLength(header);
    if (v4) {
      int data = MessageHeader.findControl(control, length, IPPROTO_IP, IP_TOS, 1);
      return data < 0 ? 0 : control.get(JAVA_BYTE, data);
    }
    int data = MessageHeader.findControl(control, length, IPPROTO_IPV6, IPV6_TCLASS, Integer.BYTES);
    return data < 0 ? 0 : control.get(JAVA_INT, data);
  }

  /** Length of each joined datagram; the last one may be shorter. */
  private int segment(int length) {
    if (!joined) {
      return length;
    }
    int data =
        MessageHeader.findControl(
            control, MessageHeader.controlLength(header), SOL_UDP, UDP_GRO, Integer.BYTES);
    int segment = data < 0 ? 0 : control.get(JAVA_INT, data);
    return segment <= 0 ? length : segment;
  }

  private static int segments(int length, int segment) {
    return segment == 0 ? 1 : (length + segment - 1) / segment;
  }

  private static void add(
      PacketBatch into, int length, int segment, UdpEndpoint endpoint, int trafficClass) {
    int at = into.nextOffset();
    int done = 0;
    do {
      int next = Math.min(segment, length - done);
      into.add(at + done, next);
      into.setEndpoint(into.count() - 1, endpoint);
      into.setTrafficClass(into.count() - 1, trafficClass);
      done += next;
    } while (done < length);
  }

  private UdpEndpoint endpoint() {
    long sourceHi = 0;
    long sourceLo = 0;
    int sourceInterface = 0;
    long length = MessageHeader.controlLength(header);
    if (v4) {
      int data = MessageHeader.findControl(control, length, IPPROTO_IP, IP_PKTINFO, V4_INFO_BYTES);
      if (data >= 0) {
        sourceInterface = control.get(JAVA_INT, data);
        sourceLo = SockAddr.getV4(control, data + 4);
      }
    } else {
      int data =
          MessageHeader.findControl(control, length, IPPROTO_IPV6, IPV6_PKTINFO, V6_INFO_BYTES);
      if (data >= 0) {
        sourceHi = SockAddr.getV6(control, data);
        sourceLo = SockAddr.getV6(control, data + 8);
        sourceInterface = control.get(JAVA_INT, data + 16);
      }
    }
    return endpoints.get(
        family,
        SockAddr.hi(name, v4),
        SockAddr.lo(name, v4),
        SockAddr.port(name),
        SockAddr.scope(name, v4),
        sourceHi,
        sourceLo,
        sourceInterface);
  }
}
