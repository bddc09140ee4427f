package dev.wiremesh.wireguard.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The messages of a {@code sendmmsg}: all to one address, from one source. Owned by one thread;
 * each sending thread has its own.
 */
final class UdpSender {
  private static final int MAX_MESSAGES = 64;
  private static final int IPPROTO_IP = 0;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IP_PKTINFO = 8;
  private static final int IPV6_PKTINFO = 50;
  private static final int V4_INFO_BYTES = 12;
  private static final int V6_INFO_BYTES = 20;

  private final MemorySegment headers;
  private final MemorySegment vectors;
  private final MemorySegment name;
  private final MemorySegment control;

  UdpSender() {
    var arena = Arena.ofAuto();
    headers = arena.allocate((long) MAX_MESSAGES * MessageHeader.MULTI_BYTES, 8);
    vectors = arena.allocate((long) MAX_MESSAGES * MessageHeader.IOVEC_BYTES, 8);
    name = arena.allocate(SocketAddress.V6_BYTES, 8);
    control = arena.allocate(MessageHeader.controlSpace(V6_INFO_BYTES), 8);
    for (int i = 0; i < MAX_MESSAGES; i++) {
      MessageHeader.setVector(
          headers,
          (long) i * MessageHeader.MULTI_BYTES,
          vectors.address() + (long) i * MessageHeader.IOVEC_BYTES,
          1);
    }
  }

  /**
   * Sends; if the source is no longer ours, once more without it.
   *
   * @return how many packets the kernel took
   */
  int send(int fd, PacketBatch batch, int from, int count, UdpEndpoint to) {
    int nameLength = SocketAddress.write(name, to.address(), to.port(), to.scope());
    int controlLength = writeSource(to);
    int taken = 0;
    int done = 0;
    while (done < count) {
      int chunk = Math.min(count - done, MAX_MESSAGES);
      prepare(batch, from + done, chunk, nameLength, controlLength);
      int result = Sockets.sendmmsg(fd, headers.address(), chunk, 0);
      if (result > 0) {
        done += result;
        taken += result;
      } else if (controlLength > 0 && sourceMayBeGone(-result)) {
        controlLength = 0;
      } else if (result != -Errno.EINTR) {
        // This one is lost (no route, too long, forbidden by a firewall); the next may do.
        done++;
      }
    }
    return taken;
  }

  private void prepare(PacketBatch batch, int from, int count, int nameLength, int controlLength) {
    long slab = batch.slab().address();
    for (int i = 0; i < count; i++) {
      long header = (long) i * MessageHeader.MULTI_BYTES;
      MessageHeader.setName(headers, header, name.address(), nameLength);
      MessageHeader.setControl(
          headers, header, controlLength == 0 ? 0 : control.address(), controlLength);
      MessageHeader.setIovec(
          vectors,
          (long) i * MessageHeader.IOVEC_BYTES,
          slab + batch.offset(from + i),
          batch.length(from + i));
    }
  }

  private int writeSource(UdpEndpoint to) {
    var source = to.source();
    if (source == null) {
      return 0;
    }
    int data = MessageHeader.CONTROL_HEADER_BYTES;
    if (source.family() == IpAddress.Family.IPV4) {
      MessageHeader.setControlHeader(control, IPPROTO_IP, IP_PKTINFO, V4_INFO_BYTES);
      control.set(JAVA_INT, data, to.sourceInterface());
      SocketAddress.putV4(control, data + 4, source);
      control.set(JAVA_INT, data + 8, 0);
      return MessageHeader.controlSpace(V4_INFO_BYTES);
    }
    MessageHeader.setControlHeader(control, IPPROTO_IPV6, IPV6_PKTINFO, V6_INFO_BYTES);
    SocketAddress.putV6(control, data, source);
    control.set(JAVA_INT, data + 16, to.sourceInterface());
    return MessageHeader.controlSpace(V6_INFO_BYTES);
  }

  private static boolean sourceMayBeGone(int errno) {
    return switch (errno) {
      case Errno.EINVAL,
          Errno.EADDRNOTAVAIL,
          Errno.ENODEV,
          Errno.ENXIO,
          Errno.ENETUNREACH,
          Errno.EHOSTUNREACH,
          Errno.ENETDOWN ->
          true;
      default -> false;
    };
  }
}
