package dev.wiremesh.wireguard.linux.tun;

import static dev.wiremesh.wireguard.linux.syscall.HostNamespace.on;
import static dev.wiremesh.wireguard.linux.syscall.HostNamespace.openTunFile;
import static dev.wiremesh.wireguard.linux.syscall.HostNamespace.openUdpSocket;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.udp.LinuxUdpSocket;
import dev.wiremesh.wireguard.linux.udp.UdpGsoPolicy;
import dev.wiremesh.wireguard.offload.Offloads;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each offload has a switch and a fallback for kernels without it. */
@RequiresTun
@Timeout(300)
class LinuxOffloadsTest {
  private static final UdpEndpoint ELSEWHERE = UdpEndpoint.of(IpAddress.parse("192.0.2.9"), 7);

  @AutoClose private final Hosts hosts = Hosts.forTest("lo");
  private final Host host = hosts.create("host");

  private static Offloads only(String names) {
    return Offloads.parse(Map.of(Offloads.VARIABLE, names));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tun-read", "tun-write", "tun-queues", "udp-send", "udp-receive", "all", "none"})
  void eachSwitchIsOnOrOffByItself(String names) throws Exception {
    var wanted = only(names);
    try (var tun = on(host, () -> LinuxTun.open("wg0", wanted));
        var socket = LinuxUdpSocket.open(0, 0, wanted)) {
      assertThat(tun.offloads().or(socket.offloads())).isEqualTo(wanted);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Scenario("An interface has several queues, or a single one if they are switched off")
  void aNewInterfaceHasTheQueuesThatAreAllowed(boolean several) throws Exception {
    try (var tun = on(host, () -> LinuxTun.open("wg0", only(several ? "all" : "tun-read")))) {
      var link = host.ip("-d", "link", "show", "wg0");
      assertThat(link.contains(" multi_queue ")).as(link).isEqualTo(several);
      assertThat(link).contains(" vnet_hdr ");
      assertThat(tun.offloads().tunQueues()).isEqualTo(several);
      host.address("wg0", "10.70.0.1/24");
      host.ip("link", "set", "wg0", "up");
      host.exec("bash", "-c", "echo datagram > /dev/udp/10.70.0.2/7");
      assertThat(readUntil(tun, "datagram\n")).isTrue();
    }
  }

  @Test
  void aKernelThatKnowsLessIsAskedForLess() {
    int all = TunFile.IFF_TUN | TunFile.IFF_MULTI_QUEUE | TunFile.IFF_VNET_HDR;
    int single = TunFile.IFF_TUN | TunFile.IFF_VNET_HDR;
    assertThat(asked(all, 0)).containsExactly(all, 0);
    assertThat(asked(all, TunFile.IFF_MULTI_QUEUE)).containsExactly(all, single, 0);
    assertThat(asked(all, TunFile.IFF_VNET_HDR)).containsExactly(all, single, TunFile.IFF_TUN, 0);
    assertThat(asked(single, TunFile.IFF_MULTI_QUEUE)).containsExactly(single, 0);
    assertThat(asked(all, TunFile.IFF_TUN))
        .containsExactly(all, single, TunFile.IFF_TUN, -Errno.EINVAL);
    assertThat(TunFile.settle(all, flags -> -Errno.EPERM)).isEqualTo(-Errno.EPERM);
  }

  /** The flags that a kernel without some of them is asked for, and its last answer. */
  private static List<Integer> asked(int flags, int unknown) {
    var asked = new ArrayList<Integer>();
    int answer =
        TunFile.settle(
            flags,
            tried -> {
              asked.add(tried);
              return (tried & unknown) == 0 ? 0 : -Errno.EINVAL;
            });
    asked.add(answer);
    return asked;
  }

  @Test
  void unknownOffloadNameIsRejected() {
    assertThatThrownBy(() -> only("tun-read,turbo"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("write all, none, or some of tun-read");
  }

  @ParameterizedTest(name = "made with {0}")
  @CsvSource({
    "'', false, false",
    "multi_queue, true, false",
    "vnet_hdr, false, true",
    "multi_queue vnet_hdr, true, true"
  })
  @Scenario(
      "An existing TUN is used as it was created, with several queues and GSO packets or without")
  void anInterfaceIsTakenAsItWasMade(String made, boolean multiQueue, boolean virtioHeader)
      throws Exception {
    host.exec("sh", "-c", "ip tuntap add dev wg0 mode tun " + made);
    host.address("wg0", "10.70.0.1/24");
    host.ip("link", "set", "wg0", "up");
    try (var tun = on(host, () -> LinuxTun.open("wg0"))) {
      assertThat(host.ip("-d", "link", "show", "wg0").contains(" multi_queue "))
          .isEqualTo(multiQueue);
      var all = new Offloads(virtioHeader, virtioHeader, multiQueue, false, false);
      assertThat(tun.offloads()).isEqualTo(all);
      host.exec("bash", "-c", "echo datagram > /dev/udp/10.70.0.2/7");
      assertThat(readUntil(tun, "datagram\n")).isTrue();
    }
  }

  /** Reads what else comes too (router solicitations), until a packet ends as expected. */
  private static boolean readUntil(LinuxTun tun, String end) throws IOException {
    var batch = new PacketBatch(Arena.ofAuto(), 64, 256 << 10);
    while (true) {
      tun.read(batch);
      for (int i = 0; i < batch.count(); i++) {
        var packet =
            new String(
                batch
                    .slab()
                    .asSlice(batch.offset(i), batch.length(i))
                    .toArray(ValueLayout.JAVA_BYTE),
                StandardCharsets.ISO_8859_1);
        if (packet.endsWith(end)) {
          return true;
        }
      }
    }
  }

  @Test
  @Scenario(
      "Where the path MTU is too small for a GSO batch, datagrams are sent one by one, in"
          + " fragments")
  void datagramsTooLongForAPathGoOneByOneInFragments() throws Exception {
    var other = hosts.create("other");
    host.connect("eth0", other, "eth0");
    host.address("eth0", "192.0.2.1/24");
    other.address("eth0", "192.0.2.2/24");
    host.mtu("eth0", 1280);
    other.mtu("eth0", 1280);
    try (var sender = openUdpSocket(host);
        var receiver = openUdpSocket(other)) {
      var to = UdpEndpoint.of(IpAddress.parse("192.0.2.2"), receiver.port());
      var out = new PacketBatch(Arena.ofAuto(), 64, 256 << 10);
      for (int i = 0; i < 30; i++) {
        out.slab().set(ValueLayout.JAVA_BYTE, out.nextOffset(), (byte) i);
        out.add(1400);
      }
      assertThat(sender.send(out, 0, 30, to)).isEqualTo(30);
      assertThat(received(receiver, 30)).hasSize(30);
      assertThat(sender.offloads().udpSend()).as("other paths may be longer").isTrue();
    }
  }

  private static Set<Byte> received(LinuxUdpSocket socket, int count) throws IOException {
    var in = new PacketBatch(Arena.ofAuto(), 64, 256 << 10);
    var first = new HashSet<Byte>();
    while (first.size() < count) {
      socket.receive(in);
      for (int i = 0; i < in.count(); i++) {
        assertThat(in.length(i)).isEqualTo(1400);
        first.add(in.slab().get(ValueLayout.JAVA_BYTE, in.offset(i)));
      }
    }
    return first;
  }

  /** A TUN without virtio headers takes one for the beginning of a packet, and refuses it. */
  @Test
  void refusedGroPacketIsWrittenOneByOne() throws Exception {
    host.exec("sh", "-c", "ip tuntap add dev wg0 mode tun");
    host.address("wg0", "10.70.0.1/24");
    host.ip("link", "set", "wg0", "up");
    int fd = openTunFile(host, "wg0");
    try (var receiver = openUdpSocket(host)) {
      var writer = new TunWriter(fd, false, true, true);
      var out = new PacketBatch(Arena.ofAuto(), 64, 256 << 10);
      var in = new PacketBatch(Arena.ofAuto(), 64, 256 << 10);
      int number = 0;
      int received = 0;
      for (int round = 1; round <= TunWriter.MAX_REFUSALS + 1; round++) {
        assertThat(writer.isJoining()).isEqualTo(round <= TunWriter.MAX_REFUSALS);
        out.clear();
        for (int i = 0; i < 5; i++) {
          addDatagram(out, receiver.port(), number++);
        }
        assertThat(writer.write(out)).isEqualTo(5);
        while (received < number) {
          receiver.receive(in);
          for (int i = 0; i < in.count(); i++) {
            assertThat(in.length(i)).isEqualTo(100);
            assertThat(in.slab().get(ValueLayout.JAVA_INT_UNALIGNED, in.offset(i)))
                .isEqualTo(received++);
          }
        }
      }
    } finally {
      Libc.close(fd);
    }
  }

  /** 100 bytes of UDP from 10.70.0.2 to 10.70.0.1, as a kernel takes it. */
  private static void addDatagram(PacketBatch batch, int port, int number) {
    var packet = ByteBuffer.allocate(128);
    packet
        .putInt(0x45000080)
        .putInt(0x00004000)
        .putInt(0x40110000)
        .putInt(0x0a460002)
        .putInt(0x0a460001);
    packet.putShort((short) 7).putShort((short) port).putShort((short) 108).putShort((short) 0);
    packet.order(ByteOrder.nativeOrder()).putInt(number).order(ByteOrder.BIG_ENDIAN);
    packet.putShort(10, (short) ~sum(packet, 0, 20));
    packet.putShort(26, (short) ~fold(sum(packet, 12, 128) + 17 + 108));
    MemorySegment.copy(
        packet.array(), 0, batch.slab(), ValueLayout.JAVA_BYTE, batch.nextOffset(), 128);
    batch.add(128);
  }

  private static int sum(ByteBuffer packet, int from, int to) {
    int sum = 0;
    for (int at = from; at < to; at += 2) {
      sum += packet.getShort(at) & 0xffff;
    }
    return fold(sum);
  }

  private static int fold(int sum) {
    int once = (sum & 0xffff) + (sum >>> 16);
    return (once & 0xffff) + (once >>> 16);
  }

  @Test
  void pathsThatRefuseAreSparedForAWhileAndOthersAreNot() {
    var now = new AtomicLong();
    var segmentation = new UdpGsoPolicy(true, now::get);
    var one = UdpEndpoint.of(IpAddress.parse("192.0.2.2"), 7);
    var another = UdpEndpoint.of(IpAddress.parse("2001:db8::2"), 7);
    // The same refusal by a new kernel and by an old one.
    segmentation.refused(Errno.EMSGSIZE, one);
    now.addAndGet(UdpGsoPolicy.PATH_PAUSE_NANOS / 2);
    segmentation.refused(Errno.EINVAL, another);
    assertThat(segmentation.allowedTo(one)).isFalse();
    assertThat(segmentation.allowedTo(another)).isFalse();
    assertThat(segmentation.allowedTo(ELSEWHERE)).isTrue();
    assertThat(segmentation.isOn()).isTrue();
    now.addAndGet(UdpGsoPolicy.PATH_PAUSE_NANOS / 2 + 1);
    assertThat(segmentation.allowedTo(one)).isTrue();
    assertThat(segmentation.allowedTo(another)).isFalse();
  }

  @Test
  void manyPathsThatRefuseAreRememberedUpToALimit() {
    var now = new AtomicLong();
    var segmentation = new UdpGsoPolicy(true, now::get);
    int many = 2 * UdpGsoPolicy.MAX_PATHS;
    for (int i = 0; i < many; i++) {
      segmentation.refused(Errno.EINVAL, UdpEndpoint.of(IpAddress.v4(0x0a000000 + i), 7));
    }
    var last = UdpEndpoint.of(IpAddress.v4(0x0a000000 + many - 1), 7);
    assertThat(segmentation.allowedTo(last)).isFalse();
    assertThat(segmentation.allowedTo(ELSEWHERE)).isTrue();
    long remembered =
        IntStream.range(0, many)
            .mapToObj(i -> UdpEndpoint.of(IpAddress.v4(0x0a000000 + i), 7))
            .filter(to -> !segmentation.allowedTo(to))
            .count();
    assertThat(remembered).isEqualTo(UdpGsoPolicy.MAX_PATHS);
  }

  @ParameterizedTest
  @ValueSource(ints = {Errno.EIO, Errno.EOPNOTSUPP})
  void aNetworkThatRefusesForGoodIsNotTriedAgain(int errno) {
    var segmentation = new UdpGsoPolicy(true, System::nanoTime);
    segmentation.refused(errno, UdpEndpoint.of(IpAddress.parse("192.0.2.2"), 7));
    assertThat(segmentation.allowedTo(ELSEWHERE)).isFalse();
    assertThat(segmentation.isOn()).isFalse();
  }

  @Test
  void onlyErrorsOfTheCuttingAreBlamedOnIt() {
    for (int errno : new int[] {Errno.EIO, Errno.EINVAL, Errno.EMSGSIZE, Errno.EOPNOTSUPP}) {
      assertThat(UdpGsoPolicy.mayBeCausedByGso(errno)).isTrue();
    }
    for (int errno : new int[] {Errno.ENETUNREACH, Errno.EPERM, Errno.EAGAIN, Errno.EINTR}) {
      assertThat(UdpGsoPolicy.mayBeCausedByGso(errno)).isFalse();
    }
  }
}
