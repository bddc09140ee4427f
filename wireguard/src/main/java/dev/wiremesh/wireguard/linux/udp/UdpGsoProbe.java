package dev.wiremesh.wireguard.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.MessageHeader;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Self-test of UDP GSO: sends segments over loopback and compares what arrives, because kernels
 * were released that silently merge or corrupt segments. Run once in a process.
 */
final class UdpGsoProbe {
  private static final Logger log = LoggerFactory.getLogger(UdpGsoProbe.class);
  private static final int SOL_UDP = 17;
  private static final int UDP_SEGMENT = 103;
  private static final int SEGMENT = 300;

  private UdpGsoProbe() {}

  private static final class Once {
    static final boolean PASSED = run();
  }

  /** False only if the kernel corrupted the segments; true where the test cannot run. */
  static boolean passed() {
    return Once.PASSED;
  }

  private static boolean run() {
    // Equal segments and a shorter one at the end.
    boolean passed = tryOut(9 * SEGMENT) && tryOut(3 * SEGMENT + 100);
    if (!passed) {
      log.atWarn().log("This kernel segments UDP datagrams wrongly; they are sent one by one");
    }
    return passed;
  }

  private static boolean tryOut(int bytes) {
    int type = Sockets.SOCK_DGRAM | Sockets.SOCK_CLOEXEC;
    int receiver = Sockets.socket(Sockets.AF_INET, type, 0);
    int sender = Sockets.socket(Sockets.AF_INET, type, 0);
    try (var arena = Arena.ofConfined()) {
      if (receiver < 0 || sender < 0) {
        return true;
      }
      var address = arena.allocate(SockAddr.V6_BYTES, 8);
      int length = SockAddr.write(address, IpAddress.v4(0x7f000001), 0, 0);
      if (Sockets.bind(receiver, address.asSlice(0, length)) < 0
          || Sockets.getsockname(receiver, address) < 0) {
        return true;
      }
      var data = arena.allocate(bytes);
      for (int i = 0; i < bytes; i++) {
        data.set(JAVA_BYTE, i, (byte) (i * 31 + i / SEGMENT));
      }
      return !send(arena, sender, address, length, data) || arrivesRightly(arena, receiver, data);
    } finally {
      Libc.close(receiver);
      Libc.close(sender);
    }
  }

  private static boolean send(
      Arena arena, int fd, MemorySegment address, int addressLength, MemorySegment data) {
    var header = arena.allocate(MessageHeader.MULTI_BYTES, 8);
    var vector = arena.allocate(MessageHeader.IOVEC_BYTES, 8);
    var control = arena.allocate(MessageHeader.controlSpace(Short.BYTES), 8);
    MessageHeader.setName(header, 0, address.address(), addressLength);
    MessageHeader.setIovec(vector, 0, data.address(), data.byteSize());
    MessageHeader.setVector(header, 0, vector.address(), 1);
    MessageHeader.setControlHeader(control, SOL_UDP, UDP_SEGMENT, Short.BYTES);
    control.set(JAVA_SHORT, MessageHeader.CONTROL_HEADER_BYTES, (short) SEGMENT);
    MessageHeader.setControl(header, 0, control.address(), control.byteSize());
    return Sockets.sendmmsg(fd, header.address(), 1, 0) == 1;
  }

  /** Over loopback all datagrams have arrived when the sending call returns. */
  private static boolean arrivesRightly(Arena arena, int fd, MemorySegment data) {
    var header = arena.allocate(MessageHeader.MULTI_BYTES, 8);
    var vector = arena.allocate(MessageHeader.IOVEC_BYTES, 8);
    var buffer = arena.allocate(65_535);
    MessageHeader.setVector(header, 0, vector.address(), 1);
    for (long done = 0; done < data.byteSize(); done += SEGMENT) {
      MessageHeader.setIovec(vector, 0, buffer.address(), buffer.byteSize());
      long n = Sockets.recvmsg(fd, header.address(), Sockets.MSG_DONTWAIT);
      long expected = Math.min(SEGMENT, data.byteSize() - done);
      if (n != expected
          || data.asSlice(done, expected).mismatch(buffer.asSlice(0, expected)) != -1) {
        return false;
      }
    }
    return true;
  }
}
