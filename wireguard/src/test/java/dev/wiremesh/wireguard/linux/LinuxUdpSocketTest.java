package dev.wiremesh.wireguard.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.NetworkNamespace;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.BindException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LinuxUdpSocketTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final PacketBatch out = new PacketBatch(Arena.ofAuto(), 200, 1 << 20);
  private final PacketBatch in = new PacketBatch(Arena.ofAuto(), 200, 1 << 20);

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void datagramsOfAllSizesArriveWithTheirEndpoint(String address) throws IOException {
    try (var a = LinuxUdpSocket.open(0, 0);
        var b = LinuxUdpSocket.open(0, 0)) {
      var to = UdpEndpoint.of(IpAddress.parse(address), b.port());
      for (int length : new int[] {0, 1, 32, 1500, 9000, 65_000}) {
        fill(length);
        assertThat(a.send(out, 0, 1, to)).isEqualTo(1);
        assertThat(b.receive(in)).isEqualTo(1);
        assertThat(in.length(0)).isEqualTo(length);
        assertThat(in.slab().asSlice(in.offset(0), length).mismatch(sent(0))).isEqualTo(-1);
        var from = sender();
        assertThat(from.sameRemote(UdpEndpoint.of(IpAddress.parse(address), a.port()))).isTrue();
        assertThat(from.source()).isEqualTo(IpAddress.parse(address));
        assertThat(from.sourceInterface()).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void trafficClassTravelsWithEachDatagram(String address) throws IOException {
    try (var a = LinuxUdpSocket.open(0, 0);
        var b = LinuxUdpSocket.open(0, 0)) {
      var to = UdpEndpoint.of(IpAddress.parse(address), b.port());
      int[] classes = {0, 0, 2, 2, 2, 3, 0x88, 0, 1};
      fill(100, 100, 100, 100, 100, 100, 148, 100, 40);
      for (int i = 0; i < classes.length; i++) {
        out.setTrafficClass(i, classes[i]);
      }
      assertThat(a.send(out, 0, classes.length, to)).isEqualTo(classes.length);
      for (int received = 0; received < classes.length; ) {
        int count = b.receive(in);
        for (int i = 0; i < count; i++, received++) {
          assertThat(in.length(i)).isEqualTo(out.length(received));
          assertThat(in.trafficClass(i)).as("datagram %d", received).isEqualTo(classes[received]);
        }
      }
    }
  }

  @Test
  void theSameEndpointIsTheSameInstance() throws IOException {
    try (var a = LinuxUdpSocket.open(0, 0);
        var b = LinuxUdpSocket.open(0, 0)) {
      fill(10);
      a.send(out, 0, 1, UdpEndpoint.of(IpAddress.parse("127.0.0.1"), b.port()));
      b.receive(in);
      var first = in.endpoint(0);
      a.send(out, 0, 1, UdpEndpoint.of(IpAddress.parse("127.0.0.1"), b.port()));
      b.receive(in);
      assertThat(in.endpoint(0)).isSameAs(first);
    }
  }

  @Test
  void aBatchLongerThanOneCallArrivesWhole() throws IOException {
    try (var a = LinuxUdpSocket.open(0, 0);
        var b = LinuxUdpSocket.open(0, 0)) {
      out.clear();
      for (int i = 0; i < 150; i++) {
        out.slab().set(ValueLayout.JAVA_INT_UNALIGNED, out.nextOffset(), i);
        out.add(1000 + i);
      }
      assertThat(a.send(out, 0, 150, UdpEndpoint.of(IpAddress.parse("::1"), b.port())))
          .isEqualTo(150);
      assertThat(receiveNumbers(b, 150, in)).isSorted().hasSize(150);
    }
  }

  @Test
  void datagramsThatDoNotFitWaitForTheNextBatch() throws IOException {
    var small = new PacketBatch(Arena.ofAuto(), 200, 70_000);
    try (var a = LinuxUdpSocket.open(0, 0);
        var b = LinuxUdpSocket.open(0, 0)) {
      out.clear();
      for (int i = 0; i < 20; i++) {
        out.slab().set(ValueLayout.JAVA_INT_UNALIGNED, out.nextOffset(), i);
        out.add(30_000);
      }
      a.send(out, 0, 20, UdpEndpoint.of(IpAddress.parse("127.0.0.1"), b.port()));
      assertThat(receiveNumbers(b, 20, small)).isSorted().hasSize(20);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void moreJoinedDatagramsThanABatchHoldsDeafenNobody(String address) throws IOException {
    var small = new PacketBatch(Arena.ofAuto(), 8, 1 << 20);
    try (var a = LinuxUdpSocket.open(0, 0);
        var b = LinuxUdpSocket.open(0, 0)) {
      var to = UdpEndpoint.of(IpAddress.parse(address), b.port());
      out.clear();
      for (int i = 0; i < 60; i++) {
        out.add(100);
      }
      assertThat(a.send(out, 0, 60, to)).isEqualTo(60);
      fill(33);
      assertThat(a.send(out, 0, 1, to)).isEqualTo(1);
      do {
        b.receive(small);
      } while (small.length(small.count() - 1) != 33);
    }
  }

  private static ArrayList<Integer> receiveNumbers(
      LinuxUdpSocket socket, int count, PacketBatch into) throws IOException {
    var numbers = new ArrayList<Integer>();
    while (numbers.size() < count) {
      socket.receive(into);
      for (int i = 0; i < into.count(); i++) {
        numbers.add(into.slab().get(ValueLayout.JAVA_INT_UNALIGNED, into.offset(i)));
      }
    }
    return numbers;
  }

  @Test
  void aPortThatIsTakenIsRefused() throws IOException {
    try (var a = LinuxUdpSocket.open(0, 0)) {
      assertThatThrownBy(() -> LinuxUdpSocket.open(a.port(), 0))
          .isInstanceOf(BindException.class)
          .hasMessageContaining("UDP port " + a.port() + " is taken");
    }
  }

  @Test
  void aReceiverIsWokenAndEndedByClosing() throws Exception {
    var socket = LinuxUdpSocket.open(0, 0);
    socket.wake();
    assertThat(socket.receive(in)).isZero();
    var waiting = CompletableFuture.supplyAsync(() -> receive(socket));
    socket.wake();
    assertThat(waiting).succeedsWithin(PATIENCE).isEqualTo(0);

    var last = CompletableFuture.supplyAsync(() -> receive(socket));
    socket.close();
    assertThatThrownBy(last::get)
        .isInstanceOf(ExecutionException.class)
        .rootCause()
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(
            () -> socket.send(out, 0, 0, UdpEndpoint.of(IpAddress.parse("127.0.0.1"), 9)))
        .isInstanceOf(ClosedChannelException.class);
    LinuxUdpSocket.open(socket.port(), 0).close();
  }

  /** Down and up at once, or a port there and back: nobody must find his own socket in the way. */
  @Test
  void aClosedSocketLeavesItsPortAtOnceAlsoWhileAThreadReceives() throws Exception {
    var socket = LinuxUdpSocket.open(0, 0);
    try (var sender = LinuxUdpSocket.open(0, 0)) {
      var to = UdpEndpoint.of(IpAddress.parse("127.0.0.1"), socket.port());
      fill(10);
      for (int i = 0; i < 300; i++) {
        var open = socket;
        var hasReceived = new CountDownLatch(1);
        var receiver =
            CompletableFuture.runAsync(() -> {
              while (true) {
                receive(open); // goes on until the socket is closed
                hasReceived.countDown();
              }
            });
        sender.send(out, 0, 1, to);
        assertThat(hasReceived.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        socket.close();
        socket = LinuxUdpSocket.open(socket.port(), 0);
        assertThat(receiver)
            .failsWithin(PATIENCE)
            .withThrowableOfType(ExecutionException.class)
            .havingRootCause()
            .isInstanceOf(ClosedChannelException.class);
      }
    }
    socket.close();
  }

  /** What is left of being woken must not keep the receiver from sleeping. */
  @Test
  void aReceiverThatWasWokenTwiceSleepsAgain() throws Exception {
    try (var socket = LinuxUdpSocket.open(0, 0);
        var sender = LinuxUdpSocket.open(0, 0)) {
      var to = UdpEndpoint.of(IpAddress.parse("127.0.0.1"), socket.port());
      fill(10);
      for (int i = 0; i < 100; i++) {
        sender.send(out, 0, 1, to);
        socket.wake();
        socket.wake();
        int datagrams = 0;
        int woken = 0;
        while (datagrams == 0 || woken == 0) {
          int came = socket.receive(in);
          datagrams += came;
          woken += came == 0 ? 1 : 0;
        }
        assertThat(woken).isEqualTo(1);
      }
      var waiting = CompletableFuture.supplyAsync(() -> receive(socket));
      assertThat(waiting).isNotDone();
      socket.wake();
      assertThat(waiting).succeedsWithin(PATIENCE).isEqualTo(0);
    }
  }

  @ParameterizedTest
  @CsvSource({"192.0.2.1, 192.0.2.2, 32", "2001:db8::1, 2001:db8::2, 128"})
  @RequiresRoot
  @Scenario("Answers leave from the address that was addressed, until it is no longer ours")
  void theSourceSticksUntilItIsNoLongerOurs(String first, String second, int length)
      throws Exception {
    try (var hosts = Hosts.forTest("lx")) {
      var host = hosts.create("udp");
      host.ip("address", "add", first + "/" + length, "dev", "lo");
      host.ip("address", "add", second + "/" + length, "dev", "lo");
      var namespace = Path.of("/run/netns", host.namespace());
      try (var a = open(namespace);
          var b = open(namespace)) {
        var source = IpAddress.parse(second);
        var sticky = new UdpEndpoint(IpAddress.parse(first), b.port(), 0, source, 1);
        // Two of a length may travel as one segmented message.
        fill(10, 10);
        a.send(out, 0, 2, sticky);
        for (int arrived = 0; arrived < 2; arrived += in.count()) {
          b.receive(in);
          assertThat(sender().address()).isEqualTo(source);
        }
        boolean segmented = a.offloads().udpSend();

        host.ip("address", "del", second + "/" + length, "dev", "lo");
        assertThat(a.send(out, 0, 2, sticky)).isEqualTo(2);
        b.receive(in);
        assertThat(sender().address()).isEqualTo(IpAddress.parse(first));
        assertThat(a.offloads().udpSend()).as("segmentation is not to blame").isEqualTo(segmented);
      }
    }
  }

  /**
   * Two cables to the same network, as a laptop has Wi-Fi and a dock; the kernel's own test. Its
   * IPv6 keeps a source as long as that is an address of ours.
   */
  @ParameterizedTest
  @CsvSource({
    "24, 192.0.2.1, 192.0.2.3, 192.0.2.2, true",
    "64, 2001:db8::1, 2001:db8::3, 2001:db8::2, false",
  })
  @RequiresRoot
  @Scenario(
      "An IPv4 source is left when another interface has the better route, an IPv6 one is kept")
  void theSourceIsLeftWhenAnotherInterfaceHasTheBetterRoute(
      int length, String first, String second, String far, boolean isLeft) throws Exception {
    try (var hosts = Hosts.forTest("wg")) {
      var host = hosts.create("near");
      var peer = hosts.create("far");
      peer.createBridge("lan");
      host.connectToBridge("one", peer, "lan", "one");
      host.connectToBridge("two", peer, "lan", "two");
      host.address("one", first + "/" + length);
      host.address("two", second + "/" + length);
      peer.address("lan", far + "/" + length);
      relaxFilters(host);
      relaxFilters(peer);
      var network = IpPrefix.containing(IpAddress.parse(far), length).toString();
      host.ip("route", "flush", "dev", "one", "root", network);
      host.ip("route", "flush", "dev", "two", "root", network);
      host.ip("route", "add", network, "dev", "one", "src", first, "metric", "20");
      try (var a = open(Path.of("/run/netns", host.namespace()));
          var b = open(Path.of("/run/netns", peer.namespace()))) {
        fill(10);
        b.send(out, 0, 1, UdpEndpoint.of(IpAddress.parse(first), a.port()));
        a.receive(in);
        var learned = sender();
        assertThat(learned.source()).isEqualTo(IpAddress.parse(first));
        assertThat(sourceOf(a, b, learned)).isEqualTo(first);

        host.ip("route", "add", network, "dev", "two", "src", second, "metric", "10");
        var expected = isLeft ? second : first;
        await()
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(sourceOf(a, b, learned)).isEqualTo(expected));
        host.ip("route", "del", network, "dev", "two", "metric", "10");
        await()
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(sourceOf(a, b, learned)).isEqualTo(first));
      }
    }
  }

  /** A service address on lo, packets that come by one cable and are answered by the other. */
  @Test
  @RequiresRoot
  @Scenario("An IPv6 source that no cable has answers by whichever cable the routes say")
  void theSourceMayBelongToNoCable() throws Exception {
    try (var hosts = Hosts.forTest("wg")) {
      var host = hosts.create("near");
      var peer = hosts.create("far");
      peer.createBridge("lan");
      host.connectToBridge("one", peer, "lan", "one");
      host.connectToBridge("two", peer, "lan", "two");
      host.address("one", "2001:db8::1/64");
      host.address("two", "2001:db8::3/64");
      host.ip("address", "add", "2001:db8:5::1/128", "dev", "lo");
      peer.address("lan", "2001:db8::2/64");
      peer.ip("route", "add", "2001:db8:5::1", "via", "2001:db8::1");
      host.ip("route", "add", "2001:db8::2/128", "dev", "two");
      try (var a = open(Path.of("/run/netns", host.namespace()));
          var b = open(Path.of("/run/netns", peer.namespace()))) {
        fill(10);
        b.send(out, 0, 1, UdpEndpoint.of(IpAddress.parse("2001:db8:5::1"), a.port()));
        a.receive(in);
        var learned = sender();
        assertThat(sourceOf(a, b, learned)).isEqualTo("2001:db8:5::1");
        long before = sentBy(host, "two");
        assertThat(sourceOf(a, b, learned)).isEqualTo("2001:db8:5::1");
        assertThat(sentBy(host, "two")).isGreaterThan(before);
      }
    }
  }

  private static long sentBy(Host host, String cable) {
    return Long.parseLong(
        host.exec("cat", "/sys/class/net/" + cable + "/statistics/tx_packets").strip());
  }

  /** Each interface answers for its own address only; what comes by the other one is taken. */
  private static void relaxFilters(Host host) {
    host.exec(
        "sh",
        "-c",
        "cd /proc/sys/net/ipv4/conf && for f in */rp_filter; do echo 0 > $f; done"
            + " && for f in */arp_ignore; do echo 1 > $f; done");
  }

  private String sourceOf(LinuxUdpSocket from, LinuxUdpSocket receiver, UdpEndpoint to)
      throws IOException {
    fill(10);
    assertThat(from.send(out, 0, 1, to)).isEqualTo(1);
    receiver.receive(in);
    return sender().address().toString();
  }

  /** As what the kernel's WireGuard sends: it may be cut on its way. */
  @Test
  @RequiresRoot
  @RequiresTool("tcpdump")
  @Scenario("Routers may fragment what we send")
  void nothingForbidsRoutersToFragment() throws Exception {
    try (var hosts = Hosts.forTest("wg")) {
      var host = hosts.create("df");
      try (var a = open(Path.of("/run/netns", host.namespace()));
          var all = host.capture("lo", "udp");
          var forbidden = host.capture("lo", "udp and ip[6] & 0x40 != 0")) {
        fill(100, 100, 148);
        out.setTrafficClass(2, 0x88);
        a.send(out, 0, 3, UdpEndpoint.of(IpAddress.parse("127.0.0.1"), a.port()));
        await().atMost(PATIENCE).until(() -> !all.packets().isEmpty());
        assertThat(forbidden.packets()).isEmpty();
      }
    }
  }

  @Test
  @RequiresRoot
  @Scenario("A machine without IPv6 is served")
  void aNamespaceWithoutIpv6IsServed() throws Exception {
    try (var hosts = Hosts.forTest("lx")) {
      var host = hosts.create("nov6");
      host.exec("bash", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6");
      try (var a = open(Path.of("/run/netns", host.namespace()))) {
        fill(10);
        a.setMark(0x57);
        a.send(out, 0, 1, UdpEndpoint.of(IpAddress.parse("127.0.0.1"), a.port()));
        assertThat(a.receive(in)).isEqualTo(1);
        assertThat(a.send(out, 0, 1, UdpEndpoint.of(IpAddress.parse("fd00::1"), 9))).isZero();
      }
    }
  }

  private static LinuxUdpSocket open(Path namespace) throws SystemCallException {
    return NetworkNamespace.inside(
        namespace,
        () -> {
          try {
            return LinuxUdpSocket.open(0, 0);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private int receive(LinuxUdpSocket socket) {
    try {
      return socket.receive(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private UdpEndpoint sender() {
    return Objects.requireNonNull(in.endpoint(0));
  }

  private void fill(int... lengths) {
    out.clear();
    for (int length : lengths) {
      for (int i = 0; i < length; i++) {
        out.slab().set(ValueLayout.JAVA_BYTE, out.nextOffset() + i, (byte) (i * 7));
      }
      out.add(length);
    }
  }

  private MemorySegment sent(int i) {
    return out.slab().asSlice(out.offset(i), out.length(i));
  }
}
