package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Capture;
import dev.wiremesh.testkit.host.Host;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** The packets on one cable between two ends, parsed as WireGuard messages. */
final class Wire implements AutoCloseable {
  static final int INITIATION = 1;
  static final int RESPONSE = 2;
  static final int COOKIE = 3;
  static final int DATA = 4;

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final int PCAP_HEADER = 24;
  private static final int RECORD_HEADER = 16;
  private static final int ETHERNET_HEADER = 14;
  private static final int IPV6_HEADER = 40;
  private static final int IPV6_FRAGMENT_HEADER = 8;
  private static final int UDP_HEADER = 8;
  private static final int UDP = 17;
  private static final int FRAGMENT = 44;
  private static final int EMPTY_DATA = 32;

  /** Payload of {@code ping}; on the wire it has headers, padding and tag. */
  private static final int PING = 56;

  private static final int PADDING = 16;
  private static final int IN_DATA = 128 - PING;

  private final Capture capture;
  private int pings;

  private Wire(Capture capture) {
    this.capture = capture;
  }

  /** Listens from now on. */
  static Wire at(Host host, String device) {
    // Neighbour discovery and the like are of no interest.
    return new Wire(host.capture(device, "udp or ip[6:2] & 0x3fff != 0 or ip6[6] == 44"));
  }

  /**
   * A datagram, or the first piece of one.
   *
   * @param at when it passed
   * @param source address and port, as {@code 192.0.2.1:50001}
   * @param packetBytes of the IP packet, headers and all
   * @param fragment whether it is a piece of a longer one
   * @param mayBeCut false for IPv4 with "don't fragment"
   * @param payload of UDP
   */
  record Message(
      Instant at,
      String source,
      String destination,
      int packetBytes,
      boolean fragment,
      boolean mayBeCut,
      byte[] payload) {
    /** WireGuard's, or -1 for what is none. */
    int type() {
      return payload.length < 4 || payload[1] != 0 || payload[2] != 0 || payload[3] != 0
          ? -1
          : payload[0];
    }

    /** Of data: by which number its receiver knows the session. */
    int session() {
      return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
    }

    /** Of a handshake's second message: by which number its sender will know the session. */
    int sender() {
      return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
    }

    /** Of a handshake's second message: by which number its receiver knows the session. */
    int receiver() {
      return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt(8);
    }

    /** Of data: how many its sender had sent before under the same key. */
    long counter() {
      return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getLong(8);
    }

    /** Of a handshake's second message: whether it is for this first one. */
    boolean answers(Message initiation) {
      return type() == RESPONSE
          && initiation.type() == INITIATION
          && Arrays.equals(payload, 8, 12, initiation.payload, 4, 8);
    }

    boolean isKeepalive() {
      return type() == DATA && payload.length == EMPTY_DATA && !fragment;
    }

    /** Whether that address has sent it, from whatever port. */
    boolean isFrom(String address) {
      return source.startsWith(InetAddress.ofLiteral(address).getHostAddress() + ":");
    }

    private boolean isWireGuard() {
      return switch (type()) {
        case INITIATION -> payload.length == 148;
        case RESPONSE -> payload.length == 92;
        case COOKIE -> payload.length == 64;
        case DATA -> payload.length >= EMPTY_DATA;
        default -> false;
      };
    }

    @Override
    public String toString() {
      return "%s > %s %s, %d bytes%s"
          .formatted(source, destination, kind(), payload.length, fragment ? ", a fragment" : "");
    }

    private String kind() {
      return switch (isWireGuard() ? type() : -1) {
        case INITIATION -> "initiation";
        case RESPONSE -> "response";
        case COOKIE -> "cookie";
        case DATA ->
            "%s %d of session %08x"
                .formatted(isKeepalive() ? "keepalive" : "data", counter(), session());
        default -> "no message of WireGuard";
      };
    }
  }

  /** The messages recorded so far; later fragments of a datagram are not among them. */
  List<Message> messages() {
    var messages = new ArrayList<Message>();
    for (var packet : packets()) {
      var message = message(packet.at(), packet.bytes());
      if (message != null) {
        messages.add(message);
      }
    }
    return messages;
  }

  List<Message> messages(Predicate<Message> which) {
    return messages().stream().filter(which).toList();
  }

  /** Those of one type that an address has sent. */
  List<Message> sent(String address, int type) {
    return messages(from(address, type));
  }

  /** The messages after the one of a kind that follows so many others of that kind. */
  List<Message> after(Predicate<Message> which, int others) {
    awaitMore(which, others);
    var messages = messages();
    var begin = messages.stream().filter(which).skip(others).findFirst().orElseThrow();
    return messages.subList(messages.indexOf(begin) + 1, messages.size());
  }

  /** Waits for it: captures lag. */
  void awaitAny(Predicate<Message> which) {
    awaitMore(which, 0);
  }

  /** Waits until there are more than so many. */
  void awaitMore(Predicate<Message> which, int than) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(messages()).filteredOn(which).hasSizeGreaterThan(than));
  }

  static Predicate<Message> from(String address, int type) {
    return message -> message.isFrom(address) && message.type() == type;
  }

  /** The sessions under which an address has sent data, in the order of their first. */
  List<Integer> sessions(String address) {
    return sent(address, DATA).stream().map(Message::session).distinct().toList();
  }

  /** No two messages of data from an address have the same number in one session. */
  void assertNoNumberTwice(String address) {
    assertThat(sent(address, DATA))
        .as("data from %s", address)
        .extracting(message -> "%d of session %08x".formatted(message.counter(), message.session()))
        .doesNotHaveDuplicates();
  }

  /**
   * A peer that moved continues its session from the new address, and is answered there under it,
   * without a handshake.
   */
  void assertMovedWithItsSession(String from, String to) {
    assertGoesOn("from", Message::source, from, to);
    assertGoesOn("to", Message::destination, from, to);
  }

  private void assertGoesOn(
      String way, Function<Message, String> place, String before, String after) {
    awaitAny(message -> place.apply(message).startsWith(after));
    var all = messages();
    int first = 0;
    while (!place.apply(all.get(first)).startsWith(after)) {
      first++;
    }
    int session =
        all.subList(0, first).stream()
            .filter(message -> message.type() == DATA && place.apply(message).startsWith(before))
            .reduce((earlier, later) -> later)
            .orElseThrow()
            .session();
    assertThat(all.get(first))
        .as("the first %s %s, where session %08x is now", way, after, session)
        .matches(message -> message.type() == DATA && message.session() == session);
  }

  /**
   * Pings through the tunnel until there is an answer, and until ping and answer are seen here:
   * with them all that passed before. Of pings that waited for a handshake several may leave as
   * one, and then there is another, of another size.
   */
  void awaitPing(WgEnd from, String address) {
    await("a ping and its answer, each by itself")
        .atMost(PATIENCE.multipliedBy(3)) // so that a ping without an answer says so itself
        .until(() -> {
          pings++;
          from.awaitPing(address, PING + pings * PADDING);
          return isSeenBothWays(IN_DATA + PING + pings * PADDING);
        });
  }

  /** Now or soon: captures lag. */
  private boolean isSeenBothWays(int bytes) {
    try {
      await()
          .atMost(Duration.ofSeconds(5))
          .until(() ->
              messages(message -> message.payload().length == bytes).stream()
                      .map(Message::source)
                      .distinct()
                      .count()
                  > 1);
      return true;
    } catch (ConditionTimeoutException e) {
      return false;
    }
  }

  /** The size of each IP packet, pieces too. */
  List<Integer> packetSizes() {
    return packets().stream().map(packet -> packetBytes(packet.bytes())).toList();
  }

  /**
   * The wire carries only WireGuard messages, and neither inner addresses nor the payload of pings.
   */
  void assertNothingInClear(WgEnd... ends) {
    awaitAny(message -> true);
    assertThat(messages()).allMatch(Message::isWireGuard);
    var secrets = new ArrayList<byte[]>();
    for (var from : ends) {
      for (var to : ends) {
        secrets.add(join(address(from.v4), address(to.v4)));
        secrets.add(join(address(from.v6), address(to.v6)));
      }
    }
    // The end of what ping sends: 0x10, 0x11, ...
    var counting = new byte[16];
    for (int i = 0; i < counting.length; i++) {
      counting[i] = (byte) (0x18 + i);
    }
    secrets.add(counting);
    byte[] all = capture.pcap();
    for (var secret : secrets) {
      assertThat(contains(all, secret)).as("in clear: %s", Arrays.toString(secret)).isFalse();
    }
  }

  /** An IP packet, and when it passed. */
  private record Packet(Instant at, ByteBuffer bytes) {}

  private List<Packet> packets() {
    var pcap = ByteBuffer.wrap(capture.pcap()).order(ByteOrder.LITTLE_ENDIAN);
    var packets = new ArrayList<Packet>();
    int at = PCAP_HEADER;
    while (at + RECORD_HEADER <= pcap.capacity()) {
      var time = Instant.ofEpochSecond(pcap.getInt(at), 1000L * pcap.getInt(at + 4));
      int length = pcap.getInt(at + 8);
      at += RECORD_HEADER;
      if (at + length > pcap.capacity()) {
        break; // is being written
      }
      packets.add(new Packet(time, pcap.slice(at + ETHERNET_HEADER, length - ETHERNET_HEADER)));
      at += length;
    }
    return packets;
  }

  private static boolean isV4(ByteBuffer packet) {
    return (packet.get(0) & 0xf0) == 0x40;
  }

  private static int packetBytes(ByteBuffer packet) {
    return isV4(packet)
        ? Short.toUnsignedInt(packet.getShort(2))
        : IPV6_HEADER + Short.toUnsignedInt(packet.getShort(4));
  }

  /** Null for a later piece of a datagram. */
  private static @Nullable Message message(Instant at, ByteBuffer packet) {
    boolean v4 = isV4(packet);
    int udp = v4 ? (packet.get(0) & 0x0f) * 4 : IPV6_HEADER;
    int protocol = packet.get(v4 ? 9 : 6);
    int fragment = v4 ? packet.getShort(6) : 0;
    int offset = v4 ? (fragment & 0x1fff) * 8 : 0;
    boolean more = v4 && (fragment & 0x2000) != 0;
    if (!v4 && protocol == FRAGMENT) {
      protocol = packet.get(udp);
      offset = packet.getShort(udp + 2) & 0xfff8;
      more = (packet.get(udp + 3) & 1) != 0;
      udp += IPV6_FRAGMENT_HEADER;
    }
    if (offset > 0 || protocol != UDP) {
      return null;
    }
    var payload = new byte[packetBytes(packet) - udp - UDP_HEADER];
    packet.get(udp + UDP_HEADER, payload);
    int addresses = v4 ? 12 : 8;
    int bytes = v4 ? 4 : 16;
    return new Message(
        at,
        text(packet, addresses, bytes) + ":" + Short.toUnsignedInt(packet.getShort(udp)),
        text(packet, addresses + bytes, bytes)
            + ":"
            + Short.toUnsignedInt(packet.getShort(udp + 2)),
        packetBytes(packet),
        more,
        (fragment & 0x4000) == 0,
        payload);
  }

  private static String text(ByteBuffer packet, int at, int length) {
    var bytes = new byte[length];
    packet.get(at, bytes);
    try {
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] address(String text) {
    return InetAddress.ofLiteral(text).getAddress();
  }

  private static byte[] join(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  private static boolean contains(byte[] all, byte[] part) {
    for (int at = 0; at + part.length <= all.length; at++) {
      if (Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    capture.close();
  }
}
