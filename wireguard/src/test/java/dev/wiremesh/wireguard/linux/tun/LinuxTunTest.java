package dev.wiremesh.wireguard.linux.tun;

import static dev.wiremesh.wireguard.linux.syscall.HostNamespace.on;
import static dev.wiremesh.wireguard.linux.syscall.HostNamespace.openTunFile;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.process.OwnThread;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.TunEvent;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.netlink.TunInfo;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real TUN interface in a namespace of its own, moved and bent by {@code ip}. */
@RequiresTun
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LinuxTunTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int PROTOCOL_ICMP = 1;

  @AutoClose private final Hosts hosts = Hosts.forTest("lx");
  private final Host host = hosts.create("tun");
  private final List<TunEvent> events = new CopyOnWriteArrayList<>();
  private final PacketBatch batch = new PacketBatch(Arena.ofAuto(), 64, 256 << 10);

  private LinuxTun open(String name) throws SystemCallException {
    return on(host, () -> LinuxTun.open(name));
  }

  /** {@code wg0}, whose {@link #events} are kept. */
  private LinuxTun openWatched() throws SystemCallException {
    var tun = open("wg0");
    tun.onEvent(events::add);
    return tun;
  }

  @Test
  void packetsComeOutAndGoIn() throws Exception {
    try (var tun = open("wg0")) {
      assertThat(host.ip("-d", "link", "show", "wg0"))
          .contains("mtu 1420", "qlen 2000", "multi_queue", "tun type tun");
      host.address("wg0", "10.70.0.1/24");
      host.ip("link", "set", "wg0", "up");
      pingIsAnswered(host, tun);
    }
  }

  @Test
  @Scenario("An interface has no link-local address and sends no ICMP redirects")
  void aNewInterfaceIsAsQuietAsTheKernels() throws Exception {
    host.exec("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/send_redirects");
    try (var tun = open("wg0")) {
      host.ip("link", "set", tun.name(), "up");
      assertThat(host.ip("-6", "addr", "show", "dev", "wg0")).doesNotContain("inet6");
      assertThat(host.ip("-d", "link", "show", "wg0")).contains("addrgenmode none");
      assertThat(redirects("wg0")).isEqualTo("0");
      assertThat(redirects("all")).as("no other interface is touched").isEqualTo("1");
    }
  }

  private String redirects(String link) {
    return host.exec("cat", "/proc/sys/net/ipv4/conf/" + link + "/send_redirects").strip();
  }

  /** Reads until there is an echo request, and writes its reply. */
  private void answerEcho(LinuxTun tun) throws IOException {
    while (true) {
      tun.read(batch);
      for (int i = 0; i < batch.count(); i++) {
        var packet = batch.slab().asSlice(batch.offset(i), batch.length(i));
        if (packet.get(ValueLayout.JAVA_BYTE, 9) == PROTOCOL_ICMP) {
          int source = packet.get(ValueLayout.JAVA_INT_UNALIGNED, 12);
          int destination = packet.get(ValueLayout.JAVA_INT_UNALIGNED, 16);
          packet.set(ValueLayout.JAVA_INT_UNALIGNED, 12, destination);
          packet.set(ValueLayout.JAVA_INT_UNALIGNED, 16, source);
          // Type 8 becomes 0, so the checksum grows by 8 in its first byte.
          packet.set(ValueLayout.JAVA_BYTE, 20, (byte) 0);
          int sum =
              Byte.toUnsignedInt(packet.get(ValueLayout.JAVA_BYTE, 22)) << 8
                  | Byte.toUnsignedInt(packet.get(ValueLayout.JAVA_BYTE, 23));
          sum += 0x800;
          sum = (sum & 0xffff) + (sum >>> 16);
          packet.set(ValueLayout.JAVA_BYTE, 22, (byte) (sum >>> 8));
          packet.set(ValueLayout.JAVA_BYTE, 23, (byte) sum);
          batch.set(0, batch.offset(i), batch.length(i));
          batch.truncate(1);
          assertThat(tun.write(batch)).isEqualTo(1);
          return;
        }
      }
    }
  }

  @Test
  @Scenario("MTU, up and down of a running interface are followed")
  void interfaceEventsAreReported() throws Exception {
    try (var tun = openWatched()) {
      assertThat(events).containsExactly(new TunEvent.Down());

      host.ip("link", "set", "wg0", "up");
      awaitLast(new TunEvent.Up());
      host.ip("link", "set", "wg0", "mtu", "1280");
      await().atMost(PATIENCE).until(() -> tun.mtu() == 1280);
      host.ip("link", "set", "wg0", "down");
      awaitLast(new TunEvent.Down());
      host.ip("link", "set", "wg0", "name", "renamed");
      await().atMost(PATIENCE).until(() -> tun.name().equals("renamed"));
      assertThat(events)
          .containsExactly(
              new TunEvent.Down(),
              new TunEvent.Up(),
              new TunEvent.MtuChanged(1280),
              new TunEvent.Down());
    }
    awaitLast(new TunEvent.Closed());
  }

  @Test
  void aDeletedInterfaceEndsTheReader() throws Exception {
    try (var tun = openWatched()) {
      var reader = reading(tun);
      host.ip("link", "del", "wg0");

      assertThat(reader.get()).isInstanceOf(ClosedChannelException.class);
      awaitLast(new TunEvent.Closed());
      assertThatThrownBy(() -> tun.write(onePacket())).isInstanceOf(ClosedChannelException.class);
    }
  }

  @Test
  @Scenario("An interface is followed into another network namespace and back: up, down, MTU")
  void anInterfaceIsFollowedIntoAnotherNamespace() throws Exception {
    var other = hosts.create("other");
    try (var tun = openWatched()) {
      host.ip("link", "set", "wg0", "up");
      awaitLast(new TunEvent.Up());
      host.ip("link", "set", "wg0", "netns", other.namespace());
      awaitLast(new TunEvent.Down());

      other.ip("link", "set", "wg0", "name", "far0", "mtu", "1300", "up");
      awaitLast(new TunEvent.Up());
      assertThat(tun.mtu()).isEqualTo(1300);
      assertThat(tun.name()).isEqualTo("far0");
      other.mtu("far0", 1280);
      awaitLast(new TunEvent.MtuChanged(1280));
      other.address("far0", "10.70.0.1/24");
      pingIsAnswered(other, tun);

      other.ip("link", "set", "far0", "netns", host.namespace());
      awaitLast(new TunEvent.Down());
      host.ip("link", "set", "far0", "mtu", "1400", "up");
      awaitLast(new TunEvent.Up());
      assertThat(tun.mtu()).isEqualTo(1400);
      host.address("far0", "10.70.0.1/24");
      pingIsAnswered(host, tun);

      host.ip("link", "set", "far0", "netns", other.namespace());
      awaitLast(new TunEvent.Down());
      var reader = reading(tun);
      other.ip("link", "del", "far0");
      assertThat(reader.get()).isInstanceOf(ClosedChannelException.class);
      awaitLast(new TunEvent.Closed());
    }
  }

  @Test
  @Scenario("An interface that was moved into a namespace is deleted with it, and its daemon ends")
  void anInterfaceGoesWithItsNamespace() throws Exception {
    var other = hosts.create("other");
    try (var tun = openWatched()) {
      host.ip("link", "set", "wg0", "netns", other.namespace());
      other.ip("link", "set", "wg0", "up", "mtu", "1300");
      awaitLast(new TunEvent.Up());
      var reader = reading(tun);

      hosts.remove(other);
      awaitLast(new TunEvent.Closed());
      assertThat(reader.get()).isInstanceOf(ClosedChannelException.class);
    }
  }

  private void awaitLast(TunEvent expected) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(events).last().isEqualTo(expected));
  }

  private void pingIsAnswered(Host from, LinuxTun tun) throws Exception {
    var ping =
        OwnThread.supply(
            () -> from.command("ping", "-n", "-c", "1", "-W", "60", "10.70.0.2").run());
    answerEcho(tun);
    assertThat(ping.get().succeeded()).as("%s", ping.get()).isTrue();
  }

  @Test
  void aReaderIsWokenAndEndedByClosing() throws Exception {
    var tun = open("wg0");
    tun.wake();
    assertThat(tun.read(batch)).isZero();
    var reader = OwnThread.supply(() -> readOnce(tun));
    tun.wake();
    assertThat(reader.get()).isEqualTo(0);

    var last = reading(tun);
    tun.close();
    tun.close();
    assertThat(last.get()).isInstanceOf(ClosedChannelException.class);
    await().atMost(PATIENCE).until(() -> !host.ip("link").contains("wg0"));
    tun.wake();
  }

  @Test
  void aNameThatIsTakenIsRefused() throws Exception {
    try (var tun = open("wg0")) {
      assertThat(tun.name()).isEqualTo("wg0");
      assertThatThrownBy(() -> open("wg0"))
          .isInstanceOf(SystemCallException.class)
          .hasMessageContaining("EBUSY")
          .hasMessageContaining("taken");
      assertThatThrownBy(() -> open("lo")).hasMessageContaining("EBUSY");
    }
  }

  @Test
  void namesAreCheckedAndTemplatesFilledIn() throws Exception {
    try (var first = open("wg%d");
        var second = open("wg%d")) {
      assertThat(List.of(first.name(), second.name())).containsExactly("wg0", "wg1");
    }
    assertThatThrownBy(() -> open("a-name-too-long-"))
        .hasMessageContaining("at most 15 characters");
    assertThatThrownBy(() -> open("a/b")).hasMessageContaining("no slash");
  }

  @Test
  void aPersistentInterfaceOutlivesItsOwner() throws Exception {
    on(host, () -> LinuxTun.openPersistent("mesh0")).close();
    host.ip("link", "set", "mesh0", "mtu", "1300", "up");
    try (var tun = on(host, () -> LinuxTun.openPersistent("mesh0"));
        var netlink = on(host, Rtnetlink::open)) {
      assertThat(tun.mtu()).isEqualTo(1300);
      var link = netlink.links().byName("mesh0").orElseThrow();
      assertThat(link.tun()).isEqualTo(new TunInfo(true, true, true, false, 1));
      assertThatThrownBy(() -> open("mesh0")).hasMessageContaining("EBUSY");
    }
    host.ip("link", "del", "mesh0");
  }

  @Test
  void anInheritedDescriptorIsTakenOver() throws Exception {
    int fd = openTunFile(host, "wg0");
    try (var tun = on(host, () -> LinuxTun.adopt(fd))) {
      assertThat(tun.name()).isEqualTo("wg0");
      tun.onEvent(events::add);
      host.ip("link", "set", "wg0", "up");
      awaitLast(new TunEvent.Up());
    }
    await().atMost(PATIENCE).until(() -> !host.ip("link").contains("wg0"));
  }

  @Test
  void anInheritedDescriptorMayBeOfAnInterfaceInAnotherNamespace() throws Exception {
    var other = hosts.create("other");
    int fd = openTunFile(host, "wg0");
    host.ip("link", "set", "wg0", "mtu", "1300");
    try (var tun = on(other, () -> LinuxTun.adopt(fd))) {
      assertThat(tun.mtu()).isEqualTo(1300);
      tun.onEvent(events::add);
      host.ip("link", "set", "wg0", "up");
      awaitLast(new TunEvent.Up());
    }
    awaitLast(new TunEvent.Closed());
  }

  @Test
  void aDescriptorThatIsNoTunIsRefused() {
    int fd = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC);
    try {
      assertThatThrownBy(() -> LinuxTun.adopt(fd))
          .isInstanceOfSatisfying(
              SystemCallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTTY));
    } finally {
      Libc.close(fd);
    }
  }

  /** TUNGETIFF does not tell: another flag of the kernel's has the value of IFF_NO_PI. */
  @Test
  void aDescriptorWhosePacketsHaveInformationInFrontIsRefused() throws Exception {
    host.exec("ip", "tuntap", "add", "dev", "wg0", "mode", "tun", "pi");
    int fd = on(host, () -> attach("wg0", TunFile.IFF_TUN));
    try {
      assertThatThrownBy(() -> on(host, () -> LinuxTun.adopt(fd)))
          .isInstanceOf(SystemCallException.class)
          .hasMessageContaining("IFF_NO_PI");
    } finally {
      Libc.close(fd);
    }
  }

  private static int attach(String name, int flags) throws SystemCallException {
    int fd = Libc.open("/dev/net/tun", Libc.O_RDWR | Libc.O_CLOEXEC);
    try (var arena = Arena.ofConfined()) {
      var request = arena.allocate(40, 8);
      request.setString(0, name);
      request.set(ValueLayout.JAVA_SHORT, 16, (short) flags);
      SystemCallException.check(Libc.ioctl(fd, 0x400454caL, request.address()), "TUNSETIFF");
    }
    return fd;
  }

  private int readOnce(LinuxTun tun) {
    try {
      return tun.read(batch);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Reads on a thread of its own until that fails, and gives the failure. */
  private static CompletableFuture<Exception> reading(LinuxTun tun) {
    var failure = new CompletableFuture<Exception>();
    var into = new PacketBatch(Arena.ofAuto(), 8, 128 << 10);
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            while (true) {
              tun.read(into);
            }
          } catch (IOException | RuntimeException e) {
            failure.complete(e);
          }
        });
    return failure;
  }

  private PacketBatch onePacket() {
    batch.clear();
    batch.slab().set(ValueLayout.JAVA_BYTE, batch.nextOffset(), (byte) 0x45);
    batch.add(20);
    return batch;
  }
}
