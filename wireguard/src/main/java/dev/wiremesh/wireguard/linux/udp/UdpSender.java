package dev.wiremesh.wireguard.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.MessageHeader;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Builds and sends the messages of a {@code sendmmsg}, all to one destination from one source.
 * Consecutive packets of equal length and traffic class are one message, which the kernel segments
 * (UDP_SEGMENT). Owned by one thread; each sending thread has its own.
 */
final class UdpSender {
  private static final int MAX_MESSAGES = 64;
  private static final int MAX_VECTORS = 256;
  private static final int IPPROTO_IP = 0;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IP_PKTINFO = 8;
  private static final int IP_TOS = 1;
  private static final int IPV6_PKTINFO = 50;
  private static final int IPV6_TCLASS = 67;
  private static final int V4_INFO_BYTES = 12;
  private static final int V6_INFO_BYTES = 20;

  private static final int SOL_UDP = 17;
  private static final int UDP_SEGMENT = 103;

  /** Limits of one message: the kernel's in segments, IPv4's in bytes. */
  private static final int MAX_SEGMENTS = 64;

  private static final int MAX_MESSAGE_BYTES = 65_507;

  /** Limit of endpoints with a cached source check: more than a device has peers. */
  private static final int MAX_CHECKED = 131_072;

  private static final int CONTROL_BYTES =
      MessageHeader.controlSpace(V6_INFO_BYTES)
          + MessageHeader.controlSpace(Short.BYTES)
          + MessageHeader.controlSpace(Integer.BYTES);

  private final UdpGsoPolicy gsoPolicy;
  private final StickySourceCheck stickySources;
  private final MemorySegment headers;
  private final MemorySegment vectors;
  private final MemorySegment name;
  private final MemorySegment control;
  private final MemorySegment controls;
  private final int[] packets = new int[MAX_MESSAGES];
  private final Map<UdpEndpoint, UdpEndpoint> checked = new HashMap<>();
  private int checkedIn;
  private boolean v4;

  UdpSender(UdpGsoPolicy gsoPolicy, StickySourceCheck stickySources) {
    this.gsoPolicy = gsoPolicy;
    this.stickySources = stickySources;
    var arena = Arena.ofAuto();
    headers = arena.allocate((long) MAX_MESSAGES * MessageHeader.MULTI_BYTES, 8);
    vectors = arena.allocate((long) MAX_VECTORS * MessageHeader.IOVEC_BYTES, 8);
    name = arena.allocate(SockAddr.V6_BYTES, 8);
    control = arena.allocate(CONTROL_BYTES, 8);
    controls = arena.allocate((long) MAX_MESSAGES * CONTROL_BYTES, 8);
  }

  /**
   * Sends; retries without the source if the source address is gone, and without UDP_SEGMENT if
   * that is refused.
   *
   * @return how many packets the kernel took
   */
  int send(int fd, PacketBatch batch, int from, int count, UdpEndpoint to) {
    return sendTo(fd, batch, from, count, to.source() == null ? to : withGoodSource(to));
  }

  /** The endpoint, without its source if that is no longer valid. */
  private UdpEndpoint withGoodSource(UdpEndpoint to) {
    if (to.sourceInterface() == 0) {
      return to;
    }
    int generation = stickySources.generation();
    if (generation != checkedIn || checked.size() >= MAX_CHECKED) {
      checked.clear();
      checkedIn = generation;
    }
    var known = checked.get(to);
    if (known == null) {
      known = stickySources.checked(to);
      checked.put(to, known);
    }
    return known;
  }

  /**
   * Drops the source until the routing state changes: each packet with an invalid source would be
   * refused.
   */
  private void forgetSource(UdpEndpoint to) {
    if (to.sourceInterface() != 0) {
      checked.put(to, to.withoutSource());
    }
  }

  private int sendTo(int fd, PacketBatch batch, int from, int count, UdpEndpoint to) {
    v4 = to.address().isV4();
    int nameLength = SockAddr.write(name, to.address(), to.port(), to.scope());
    int controlLength = writeSource(to);
    boolean segmenting = count > 1 && gsoPolicy.allowedTo(to);
    int refusal = 0;
    int taken = 0;
    int done = 0;
    while (done < count) {
      int messages =
          prepare(batch, from + done, count - done, nameLength, controlLength, segmenting);
      int result = Sockets.sendmmsg(fd, headers.address(), messages, 0);
      if (result > 0) {
        int packetsSent = 0;
        for (int i = 0; i < result; i++) {
          packetsSent += packets[i];
        }
        done += packetsSent;
        taken += packetsSent;
        if (refusal != 0) {
          gsoPolicy.refused(refusal, to);
          refusal = 0;
        }
      } else if (segmenting && packets[0] > 1 && UdpGsoPolicy.mayBeCausedByGso(-result)) {
        segmenting = false;
        refusal = -result;
      } else if (controlLength > 0 && sourceMayBeGone(-result)) {
        controlLength = 0;
        forgetSource(to);
        // The source caused the error, not UDP_SEGMENT.
        refusal = 0;
        segmenting = count > 1 && gsoPolicy.allowedTo(to);
      } else if (result != -Errno.EINTR) {
        // This one is lost (no route, too long, rejected by a firewall); the next may pass.
        done += packets[0];
      }
    }
    return taken;
  }

  /** Arranges as many packets as possible in messages; returns the number of messages. */
  private int prepare(
      PacketBatch batch,
      int from,
      int count,
      int nameLength,
      int controlLength,
      boolean segmenting) {
    int vector = 0;
    int message = 0;
    int i = from;
    int end = from + count;
    while (i < end && message < MAX_MESSAGES && vector < MAX_VECTORS) {
      int run = segmenting ? run(batch, i, Math.min(end, i + MAX_VECTORS - vector)) : 1;
      long header = (long) message * MessageHeader.MULTI_BYTES;
      MessageHeader.setName(headers, header, name.address(), nameLength);
      MessageHeader.setVector(
          headers, header, vectors.address() + (long) vector * MessageHeader.IOVEC_BYTES, run);
      if (run == 1 && batch.trafficClass(i) == 0) {
        MessageHeader.setControl(
            headers, header, controlLength == 0 ? 0 : control.address(), controlLength);
      } else {
        int segment = run == 1 ? 0 : batch.length(i);
        setOwnControl(message, header, controlLength, segment, batch.trafficClass(i));
      }
      long slab = batch.slab().address();
      for (int end1 = i + run; i < end1; i++, vector++) {
        MessageHeader.setIovec(
            vectors,
            (long) vector * MessageHeader.IOVEC_BYTES,
            slab + batch.offset(i),
            batch.length(i));
      }
      packets[message++] = run;
    }
    return message;
  }

  /**
   * Number of packets from this one on that form one message: equal ones, and a shorter one at the
   * end.
   */
  private static int run(PacketBatch batch, int from, int end) {
    int segment = batch.length(from);
    int bytes = segment;
    int i = from + 1;
    while (i < end && i - from < MAX_SEGMENTS && bytes + batch.length(i) <= MAX_MESSAGE_BYTES) {
      int length = batch.length(i);
      if (length > segment || batch.trafficClass(i) != batch.trafficClass(from)) {
        break;
      }
      bytes += length;
      i++;
      if (length < segment) {
        break;
      }
    }
    return i - from;
  }

  /** Writes the control data of one message: its source, segment size and traffic class. */
  private void setOwnControl(
      int message, long header, int sourceLength, int segmentBytes, int trafficClass) {
    long at = (long) message * CONTROL_BYTES;
    MemorySegment.copy(control, 0, controls, at, sourceLength);
    long end = at + sourceLength;
    if (segmentBytes > 0) {
      MessageHeader.setControlHeader(controls, end, SOL_UDP, UDP_SEGMENT, Short.BYTES);
      controls.set(JAVA_SHORT, end + MessageHeader.CONTROL_HEADER_BYTES, (short) segmentBytes);
      end += MessageHeader.controlSpace(Short.BYTES);
    }
    if (trafficClass != 0) {
      MessageHeader.setControlHeader(
          controls, end, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, Integer.BYTES);
      controls.set(JAVA_INT, end + MessageHeader.CONTROL_HEADER_BYTES, trafficClass);
      end += MessageHeader.controlSpace(Integer.BYTES);
    }
    MessageHeader.setControl(headers, header, controls.address() + at, end - at);
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
      SockAddr.putV4(control, data + 4, source);
      control.set(JAVA_INT, data + 8, 0);
      return MessageHeader.controlSpace(V4_INFO_BYTES);
    }
    MessageHeader.setControlHeader(control, IPPROTO_IPV6, IPV6_PKTINFO, V6_INFO_BYTES);
    SockAddr.putV6(control, data, source);
    // Only for a link-local destination: else the routes decide, as in the kernel.
    control.set(JAVA_INT, data + 16, to.scope() == 0 ? 0 : to.sourceInterface());
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
