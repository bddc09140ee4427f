package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An rtnetlink socket with its buffers. It belongs to the network namespace of the thread that
 * opened it. Used by one thread at a time, which {@link Rtnetlink} and {@link NetlinkMonitor}
 * ensure.
 */
final class NetlinkSocket implements AutoCloseable {
  private static final int NETLINK_ROUTE = 0;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_ADD_MEMBERSHIP = 1;
  private static final int NETLINK_CAP_ACK = 10;
  private static final int NETLINK_EXT_ACK = 11;
  private static final int NETLINK_GET_STRICT_CHK = 12;
  private static final int ACK_MESSAGE_ATTRIBUTE = 1;

  /** The kernel fills at most 32 KiB in one message of a dump. */
  private static final int RECEIVE_BYTES = 64 << 10;

  private static final int SEND_BYTES = 4096;
  private static final int SOCKADDR_NL_BYTES = 12;
  private static final int DUMP_ATTEMPTS = 10;

  private final int fd;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment sending = arena.allocate(SEND_BYTES, 8);
  private final MemorySegment receiving = arena.allocate(RECEIVE_BYTES, 8);
  private int sequence;

  private NetlinkSocket(int fd) {
    this.fd = fd;
  }

  /**
   * @param groups numbers of the multicast groups to join
   */
  static NetlinkSocket open(int... groups) throws SystemCallException {
    int fd =
        SystemCallException.checkInt(
            Sockets.socket(
                Sockets.AF_NETLINK, Sockets.SOCK_RAW | Sockets.SOCK_CLOEXEC, NETLINK_ROUTE),
            "socket AF_NETLINK");
    var socket = new NetlinkSocket(fd);
    try {
      socket.bind();
      // Absent before Linux 4.12 and 4.20: then errors have no text and dumps no filter.
      Sockets.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
      Sockets.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
      Sockets.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
      for (int group : groups) {
        SystemCallException.check(
            Sockets.setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group),
            "setsockopt NETLINK_ADD_MEMBERSHIP " + group);
      }
      return socket;
    } catch (SystemCallException e) {
      socket.close();
      throw e;
    }
  }

  private void bind() throws SystemCallException {
    try (var scratch = Arena.ofConfined()) {
      var address = scratch.allocate(SOCKADDR_NL_BYTES, 4);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) Sockets.AF_NETLINK);
      SystemCallException.check(Sockets.bind(fd, address), "bind AF_NETLINK");
    }
  }

  int fd() {
    return fd;
  }

  /**
   * Sends a request for a change and waits for its acknowledgement.
   *
   * @param what the request in words, for the error
   */
  void execute(NetlinkRequest request, String what) throws SystemCallException {
    var _ = exchange(request, what, message -> null);
  }

  /**
   * Sends a request and collects the answers, converted; answers that become null are left out. A
   * dump that was interrupted by a change is repeated.
   */
  <T> List<T> exchange(
      NetlinkRequest request, String what, Function<NetlinkMessage, @Nullable T> reader)
      throws SystemCallException {
    for (int attempt = 1; ; attempt++) {
      var answers = new ArrayList<T>();
      if (exchangeOnce(request, what, reader, answers)) {
        return answers;
      }
      if (attempt == DUMP_ATTEMPTS) {
        throw new NetlinkException(what, Errno.EINTR, "changed while it was read, ten times");
      }
    }
  }

  /** False if a dump was interrupted by a change. */
  private <T> boolean exchangeOnce(
      NetlinkRequest request,
      String what,
      Function<NetlinkMessage, @Nullable T> reader,
      List<T> answers)
      throws SystemCallException {
    send(request.encode(++sequence), what);
    var exchange = new Exchange<T>(what, reader, answers, sequence);
    while (!exchange.finished) {
      receive(0, exchange);
      if (exchange.failure != null) {
        throw exchange.failure;
      }
    }
    return !exchange.interrupted;
  }

  private void send(ByteBuffer message, String what) throws SystemCallException {
    int length = message.remaining();
    sending.asByteBuffer().put(message);
    SystemCallException.check(Sockets.send(fd, sending.address(), length, 0), what);
  }

  /**
   * Receives one datagram and passes its messages to the consumer.
   *
   * @return false if there was nothing to receive and {@code flags} said not to wait
   * @throws SystemCallException with ENOBUFS if the kernel had to drop messages
   */
  boolean receive(int flags, Consumer<NetlinkMessage> consumer) throws SystemCallException {
    long length;
    do {
      length = Sockets.recv(fd, receiving.address(), RECEIVE_BYTES, flags | Sockets.MSG_TRUNC);
    } while (length == -Errno.EINTR);
    if (length == -Errno.EAGAIN) {
      return false;
    }
    SystemCallException.check(length, "recv AF_NETLINK");
    if (length > RECEIVE_BYTES) {
      throw new SystemCallException("recv AF_NETLINK", Errno.EMSGSIZE);
    }
    var datagram = receiving.asByteBuffer().order(ByteOrder.nativeOrder()).limit((int) length);
    int at = 0;
    while (datagram.limit() - at >= NetlinkRequest.HEADER_BYTES) {
      int size = datagram.getInt(at);
      if (size < NetlinkRequest.HEADER_BYTES || size > datagram.limit() - at) {
        break;
      }
      consumer.accept(message(datagram, at, size));
      at += (size + 3) & ~3;
    }
    return true;
  }

  private static NetlinkMessage message(ByteBuffer datagram, int at, int size) {
    return new NetlinkMessage(
        Short.toUnsignedInt(datagram.getShort(at + 4)),
        Short.toUnsignedInt(datagram.getShort(at + 6)),
        datagram.getInt(at + 8),
        datagram
            .slice(at + NetlinkRequest.HEADER_BYTES, size - NetlinkRequest.HEADER_BYTES)
            .order(ByteOrder.nativeOrder()));
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      Libc.close(fd);
      arena.close();
    }
  }

  /** One request until its last answer. */
  private static final class Exchange<T> implements Consumer<NetlinkMessage> {
    private final String what;
    private final Function<NetlinkMessage, @Nullable T> reader;
    private final List<T> answers;
    private final int sequence;
    private boolean finished;
    private boolean interrupted;
    private @Nullable NetlinkException failure;

    Exchange(
        String what, Function<NetlinkMessage, @Nullable T> reader, List<T> answers, int sequence) {
      this.what = what;
      this.reader = reader;
      this.answers = answers;
      this.sequence = sequence;
    }

    @Override
    public void accept(NetlinkMessage message) {
      if (message.sequence() != sequence || finished) {
        return;
      }
      interrupted |= (message.flags() & NetlinkMessage.DUMP_INTERRUPTED) != 0;
      switch (message.type()) {
        case NetlinkMessage.ERROR -> end(message, ackHeaderBytes(message));
        case NetlinkMessage.DONE -> end(message, Integer.BYTES);
        default -> {
          var answer = reader.apply(message);
          if (answer != null) {
            answers.add(answer);
          }
        }
      }
    }

    private void end(NetlinkMessage message, int headerBytes) {
      finished = true;
      int error = message.body().limit() < Integer.BYTES ? 0 : -message.i32(0);
      if (error > 0) {
        boolean explained =
            (message.flags() & NetlinkMessage.HAS_ACK_ATTRIBUTES) != 0
                && message.body().limit() >= headerBytes;
        failure =
            new NetlinkException(
                what,
                error,
                explained ? message.attributes(headerBytes).string(ACK_MESSAGE_ATTRIBUTE) : "");
      }
    }

    /** The error number and the request's header; its body too unless it was left out. */
    private static int ackHeaderBytes(NetlinkMessage message) {
      int fixed = Integer.BYTES + NetlinkRequest.HEADER_BYTES;
      if ((message.flags() & NetlinkMessage.CAPPED) != 0 || message.body().limit() < fixed) {
        return fixed;
      }
      return Integer.BYTES + ((message.i32(Integer.BYTES) + 3) & ~3);
    }
  }
}
