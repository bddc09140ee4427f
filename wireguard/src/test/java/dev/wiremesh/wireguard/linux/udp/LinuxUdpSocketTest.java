package dev.wiremesh.wireguard.linux.udp;

import static dev.wiremesh.wireguard.linux.syscall.HostNamespace.openUdpSocket;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.process.OwnThread;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.BindException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both sockets of a port: datagrams arrive unchanged, and a waiting receiver is woken. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LinuxUdpSocketTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Datagrams datagrams = new Datagrams();
  private final PacketBatch out = datagrams.out;
  private final PacketBatch in = datagrams.in;

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void datagramsOfAllSizesArriveWithTheirEndpoint(String address) throws IOException {
    try (var a = LinuxUdpSocket.open(0, 0);
        var b = LinuxUdpSocket.open(0, 0)) {
      var to = UdpEndpoint.of(IpAddress.parse(address), b.port());
      for (int length : new int[] {0, 1, 32, 1500, 9000, 65_000}) {
        datagrams.fill(length);
        assertThat(a.send(out, 0, 1, to)).isEqualTo(1);
        assertThat(b.receive(in)).isEqualTo(1);
        assertThat(in.length(0)).isEqualTo(length);
        assertThat(in.slab().asSlice(in.offset(0), length).mismatch(datagrams.sent(0)))
            .isEqualTo(-1);
        var from = datagrams.sender();
        assertThat(from.sameDestination(UdpEndpoint.of(IpAddress.parse(address), a.port())))
            .isTrue();
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
      datagrams.fill(100, 100, 100, 100, 100, 100, 148, 100, 40);
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
      datagrams.fill(10);
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
  void joinedDatagramsBeyondABatchDoNotBlockTheReceiver(String address) throws IOException {
    var small = new PacketBatch(Arena.ofAuto(), 8, 1 << 20);
    try (var a = LinuxUdpSocket.open(0, 0);
        var b = LinuxUdpSocket.open(0, 0)) {
      var to = UdpEndpoint.of(IpAddress.parse(address), b.port());
      out.clear();
      for (int i = 0; i < 60; i++) {
        out.add(100);
      }
      assertThat(a.send(out, 0, 60, to)).isEqualTo(60);
      datagrams.fill(33);
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
    var socket = openOutsideTheEphemeralRange();
    socket.wake();
    assertThat(socket.receive(in)).isZero();
    var waiting = OwnThread.supply(() -> receive(socket));
    socket.wake();
    assertThat(waiting).succeedsWithin(PATIENCE).isEqualTo(0);

    var last = OwnThread.supply(() -> receive(socket));
    socket.close();
    assertThatThrownBy(last::get)
        .isInstanceOf(ExecutionException.class)
        .rootCause()
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(
            () -> socket.send(out, 0, 0, UdpEndpoint.of(IpAddress.parse("127.0.0.1"), 9)))
        .isInstanceOf(ClosedChannelException.class);
    openAgain(socket.port()).close();
  }

  /**
   * Closing and opening a port at once, as an interface that goes down and up does: the old socket
   * must not be in the way.
   */
  @Test
  void aClosedSocketLeavesItsPortAtOnceAlsoWhileAThreadReceives() throws Exception {
    var socket = openOutsideTheEphemeralRange();
    try (var sender = LinuxUdpSocket.open(0, 0)) {
      var to = UdpEndpoint.of(IpAddress.parse("127.0.0.1"), socket.port());
      datagrams.fill(10);
      for (int i = 0; i < 300; i++) {
        var open = socket;
        var hasReceived = new CountDownLatch(1);
        var receiver =
            OwnThread.run(() -> {
              while (true) {
                receive(open); // goes on until the socket is closed
                hasReceived.countDown();
              }
            });
        sender.send(out, 0, 1, to);
        assertThat(hasReceived.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        socket = closeAndOpen(socket);
        assertThat(receiver)
            .failsWithin(PATIENCE)
            .withThrowableOfType(ExecutionException.class)
            .havingRootCause()
            .isInstanceOf(ClosedChannelException.class);
      }
    }
    socket.close();
  }

  /** Closes a socket, which leaves none of its descriptors here, and opens its port again. */
  private static LinuxUdpSocket closeAndOpen(LinuxUdpSocket socket) throws IOException {
    var sockets = ProcNetUdp.socketsOfPort(socket.port());
    socket.close();
    assertThat(ProcNetUdp.socketsOfThisProcess()).doesNotContainAnyElementsOf(sockets);
    return openAgain(socket.port());
  }

  /**
   * A child that another test starts holds copies of all descriptors until it executes its program:
   * the port may be taken for that moment.
   */
  private static LinuxUdpSocket openAgain(int port) {
    return await()
        .pollDelay(Duration.ZERO)
        .until(() -> LinuxUdpSocket.open(port, 0), Objects::nonNull);
  }

  /** A port that the kernel gives to no other socket while it is closed for a moment. */
  private static LinuxUdpSocket openOutsideTheEphemeralRange() throws IOException {
    for (int port = 20_100; ; port++) {
      try {
        return LinuxUdpSocket.open(port, 0);
      } catch (BindException e) {
        if (port == 20_200) {
          throw e;
        }
      }
    }
  }

  /** A consumed wake-up must not keep the receiver from sleeping. */
  @Test
  void aReceiverThatWasWokenTwiceSleepsAgain() throws Exception {
    try (var socket = LinuxUdpSocket.open(0, 0);
        var sender = LinuxUdpSocket.open(0, 0)) {
      var to = UdpEndpoint.of(IpAddress.parse("127.0.0.1"), socket.port());
      datagrams.fill(10);
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
      var waiting = OwnThread.supply(() -> receive(socket));
      assertThat(waiting).isNotDone();
      socket.wake();
      assertThat(waiting).succeedsWithin(PATIENCE).isEqualTo(0);
    }
  }

  /** Outer packets may be fragmented, as those of kernel WireGuard. */
  @Test
  @RequiresRoot
  @RequiresTool("tcpdump")
  @Scenario("Routers may fragment what we send")
  void nothingForbidsRoutersToFragment() throws Exception {
    try (var hosts = Hosts.forTest("wg")) {
      var host = hosts.create("df");
      try (var a = openUdpSocket(host);
          var all = host.capture("lo", "udp");
          var forbidden = host.capture("lo", "udp and ip[6] & 0x40 != 0")) {
        datagrams.fill(100, 100, 148);
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
      try (var a = openUdpSocket(host)) {
        datagrams.fill(10);
        a.setMark(0x57);
        a.send(out, 0, 1, UdpEndpoint.of(IpAddress.parse("127.0.0.1"), a.port()));
        assertThat(a.receive(in)).isEqualTo(1);
        assertThat(a.send(out, 0, 1, UdpEndpoint.of(IpAddress.parse("fd00::1"), 9))).isZero();
      }
    }
  }

  private int receive(LinuxUdpSocket socket) {
    try {
      return socket.receive(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
