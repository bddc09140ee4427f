package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandResult;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** How the daemon comes, what it says when it cannot, and the ways in which it ends. */
@RequiresTun
@RequiresTool({"wg", "wg-quick", "ip", "ss", "pkill", "python3"})
class DaemonLifeTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String SOCKET = "/var/run/wireguard/wg0.sock";

  @AutoClose private final Hosts hosts = Hosts.forTest("lx");
  private final Host host = hosts.create("host");

  private Command daemon(String... arguments) {
    var all = new String[arguments.length + 2];
    all[0] = Installation.bin("wiremesh");
    all[1] = "wg";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return host.command(all).withTimeout(PATIENCE);
  }

  /** Exit status and what was said, in one text. */
  private static String answer(CommandResult result) {
    return result.exitCode() + " " + result.errors();
  }

  private boolean exists(String path) {
    return host.command("test", "-e", path).run().succeeded();
  }

  private boolean daemonRuns() {
    return host.command("ip", "netns", "pids", host.namespace())
        .run()
        .output()
        .lines()
        .map(pid -> Command.of("cat", "/proc/" + pid.strip() + "/cmdline").run().output())
        .anyMatch(line -> line.contains("WgMain"));
  }

  @Test
  @Scenario(
      "The command returns when interface and socket can be used; a second daemon of"
          + " the name is refused")
  void theCommandReturnsWhenInterfaceAndSocketCanBeUsed() {
    assertThat(daemon("wg0").check()).isEmpty();
    assertThat(host.exec("wg", "show", "wg0")).contains("interface: wg0");
    assertThat(host.exec("stat", "-c", "%a %F", SOCKET)).isEqualTo("700 socket");
    assertThat(host.exec("stat", "-c", "%a", "/var/run/wireguard")).isEqualTo("700");
    assertThat(host.exec("ip", "link", "show", "wg0")).contains("mtu 1420", "state DOWN");

    // The name is taken now, and that daemon is left in peace.
    var second = daemon("wg0").run();
    assertThat(answer(second)).startsWith("1 ").contains("EBUSY", "taken");
    assertThat(host.exec("wg", "show", "wg0")).contains("interface: wg0");
  }

  @Test
  @Scenario("A deleted interface ends its daemon")
  void aDeletedInterfaceEndsTheDaemon() {
    daemon("wg0").check();
    host.ip("link", "set", "wg0", "up");
    host.ip("link", "del", "wg0");
    await().atMost(PATIENCE).until(() -> !exists(SOCKET) && !daemonRuns());
  }

  @Test
  @Scenario("A renamed interface goes on, is followed, and ends its daemon when it is deleted")
  void aRenamedInterfaceLivesOn() {
    daemon("wg0").check();
    host.ip("link", "set", "wg0", "name", "other0");
    host.ip("link", "set", "other0", "up", "mtu", "1300");
    host.exec("wg", "set", "wg0", "listen-port", "5000");
    await().atMost(PATIENCE).until(() -> host.exec("ss", "-Hlun", "sport = 5000").contains("5000"));
    host.ip("link", "set", "other0", "down");
    await().atMost(PATIENCE).until(() -> host.exec("ss", "-Hlun", "sport = 5000").isEmpty());
    host.ip("link", "del", "other0");
    await().atMost(PATIENCE).until(() -> !exists(SOCKET) && !daemonRuns());
  }

  @Test
  @Scenario("An interface is followed into another namespace and back, with traffic in each")
  void anInterfaceWorksInAnotherNamespaceAndBack() {
    var other = hosts.create("other");
    var far = hosts.create("far");
    daemon("wg0").check();
    daemon("wg1").check();
    var key = host.exec("wg", "genkey");
    var farKey = host.exec("wg", "genkey");
    configure("wg0", 5000, key, publicKey(farKey), "AllowedIPs = 10.70.0.2/32");
    configure(
        "wg1",
        5001,
        farKey,
        publicKey(key),
        """
        AllowedIPs = 10.70.0.1/32
        Endpoint = 127.0.0.1:5000
        PersistentKeepalive = 1
        """);
    host.ip("link", "set", "wg1", "netns", far.namespace());
    useAs(far, "wg1", "10.70.0.2/24");
    useAs(host, "wg0", "10.70.0.1/24");
    awaitPing(host);

    host.ip("link", "set", "wg0", "netns", other.namespace());
    awaitPort(false);
    useAs(other, "wg0", "10.70.0.1/24");
    awaitPing(other);

    other.ip("link", "set", "wg0", "netns", host.namespace());
    awaitPort(false);
    useAs(host, "wg0", "10.70.0.1/24");
    awaitPing(host);
  }

  private void configure(String device, int port, String key, String peer, String more) {
    host.command("wg", "setconf", device, "/dev/stdin")
        .withInput(
            """
            [Interface]
            ListenPort = %d
            PrivateKey = %s
            [Peer]
            PublicKey = %s
            %s
            """
                .formatted(port, key, peer, more))
        .check();
  }

  private String publicKey(String privateKey) {
    return host.command("wg", "pubkey").withInput(privateKey).check();
  }

  private static void useAs(Host where, String device, String address) {
    where.address(device, address);
    where.ip("link", "set", device, "up");
  }

  private void awaitPing(Host from) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(from.ping("10.70.0.2").succeeded())
                .as("ping from %s; %s; %s", from.name(), from.ip("address"), host.exec("wg"))
                .isTrue());
  }

  @Test
  @Scenario("A namespace that is removed takes the interface in it and the daemon with it")
  void aNamespaceThatIsRemovedEndsTheDaemon() {
    daemon("wg0").check();
    goesWithANamespace();
  }

  @Test
  void aNamespaceThatCannotBeEnteredEndsTheDaemonWhenItIsRemoved() {
    startWithoutSysAdmin();
    goesWithANamespace();
  }

  private void goesWithANamespace() {
    var other = hosts.create("other");
    host.exec("wg", "set", "wg0", "listen-port", "5000");
    host.ip("link", "set", "wg0", "netns", other.namespace());
    other.ip("link", "set", "wg0", "up");
    awaitPort(true);
    hosts.remove(other);
    await().atMost(PATIENCE).until(() -> !exists(SOCKET) && !daemonRuns());
    awaitPort(false);
  }

  /** As in a container that has CAP_NET_ADMIN alone. */
  @Test
  @Scenario("An interface in a namespace that cannot be entered goes on, is taken up and down")
  void anInterfaceThatLeavesForANamespaceThatCannotBeEnteredLivesOn() {
    var other = hosts.create("other");
    startWithoutSysAdmin();
    host.exec("wg", "set", "wg0", "listen-port", "5000");
    host.ip("link", "set", "wg0", "up");
    awaitPort(true);
    host.ip("link", "set", "wg0", "netns", other.namespace());
    awaitPort(false);
    // Another one of that name is not the daemon's.
    host.ip("tuntap", "add", "dev", "wg0", "mode", "tun");
    host.ip("link", "set", "wg0", "up");
    other.ip("link", "set", "wg0", "up");
    awaitPort(true);
    host.ip("link", "del", "wg0");
    other.ip("link", "set", "wg0", "down");
    awaitPort(false);
    other.ip("link", "set", "wg0", "name", "far0");
    other.ip("link", "set", "far0", "up");
    awaitPort(true);
    assertThat(host.exec("wg", "show", "wg0")).contains("listening port: 5000");

    other.ip("link", "set", "far0", "netns", host.namespace());
    awaitPort(false);
    host.ip("link", "set", "far0", "up");
    awaitPort(true);
    host.ip("link", "del", "far0");
    await().atMost(PATIENCE).until(() -> !exists(SOCKET) && !daemonRuns());
  }

  @Test
  void anInterfaceThatIsDeletedWhereTheDaemonCannotLookEndsIt() {
    var other = hosts.create("other");
    startWithoutSysAdmin();
    host.ip("link", "set", "wg0", "netns", other.namespace());
    other.ip("link", "del", "wg0");
    await().atMost(PATIENCE).until(() -> !exists(SOCKET) && !daemonRuns());
  }

  private void startWithoutSysAdmin() {
    host.command(
            "setpriv",
            "--bounding-set",
            "-sys_admin",
            "--inh-caps",
            "-sys_admin",
            "--",
            Installation.bin("wiremesh"),
            "wg",
            "wg0")
        .withTimeout(PATIENCE)
        .check();
  }

  /** The daemon's socket is there as long as its interface is up. */
  private void awaitPort(boolean open) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(host.exec("ss", "-Hlun", "sport = 5000").contains("5000"))
                .as("port is open; %s", host.ip("link"))
                .isEqualTo(open));
  }

  @Test
  @Scenario("A removed socket ends the daemon and its interface")
  void aRemovedSocketEndsTheDaemonAndItsInterface() {
    daemon("wg0").check();
    host.exec("rm", SOCKET);
    await().atMost(PATIENCE).until(() -> !host.ip("link").contains("wg0") && !daemonRuns());
  }

  @Test
  void aStaleSocketIsReplaced() {
    host.exec("mkdir", "-p", "/var/run/wireguard");
    host.exec(
        "python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('" + SOCKET + "')");
    daemon("wg0").check();
    assertThat(host.exec("wg", "show", "wg0")).contains("interface: wg0");
  }

  @Test
  void inTheForegroundItEndsInOrderWhenAsked() throws Exception {
    var log = Files.createTempFile("wiremesh-wg-", ".log");
    try (var process =
        host.start(
            "wg",
            List.of(Installation.bin("wiremesh"), "wg", "-f", "wg0"),
            Map.of("LOG_LEVEL", "verbose"),
            log)) {
      await().atMost(PATIENCE).until(() -> host.command("wg", "show", "wg0").run().succeeded());
      host.exec("pkill", "--ns", Long.toString(process.pid()), "--nslist", "net", "-f", "WgMain");
      assertThat(process.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isZero();
      assertThat(exists(SOCKET)).isFalse();
      assertThat(host.ip("link")).doesNotContain("wg0");
    } finally {
      Files.delete(log);
    }
  }

  @Test
  @Scenario("A taken port is refused, and the device lives on")
  void aTakenPortIsRefusedAndTheDeviceLivesOn() {
    var far = connect();
    var near = tunnel(far);
    daemon("wg1").check();
    host.exec("wg", "set", "wg1", "listen-port", "5000");
    host.ip("link", "set", "wg1", "up");
    awaitPort(true);
    assertThat(answer(host.command("wg", "set", "wg0", "listen-port", "5000").run()))
        .contains("Address already in use");
    var port = Integer.toString(near.port);
    assertThat(host.exec("wg", "show", "wg0", "listen-port")).isEqualTo(port);
    assertThat(host.exec("ss", "-Hlun", "sport = " + port)).contains(port);
    near.awaitPing(far.v4);
    far.awaitPing(near.v4);
  }

  /** The other end, on a host of its own at a cable. */
  private WgEnd connect() {
    var other = hosts.create("other");
    host.connect("eth0", other, "eth0");
    host.address("eth0", "192.0.2.1/24");
    other.address("eth0", "192.0.2.2/24");
    return new WgEnd(other, Implementation.WIREMESH, 2);
  }

  /** This end of a tunnel that works. */
  private WgEnd tunnel(WgEnd far) {
    var near = new WgEnd(host, Implementation.WIREMESH, 1);
    far.peer(near);
    near.peer(far, "endpoint", "192.0.2.2:" + far.port);
    near.awaitPing(far.v4);
    return near;
  }

  @Test
  @Scenario("wg setconf, syncconf, addconf and showconf work as with the kernel")
  void configurationsAreSetSyncedAndShown() {
    daemon("wg0").check();
    var conf =
        """
        [Interface]
        ListenPort = 5000
        FwMark = 0x57
        PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=

        [Peer]
        PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
        PresharedKey = /UwcSPg38hW/D9Y3tcS1FOV0K1wuURMbS0sesJEP5ak=
        AllowedIPs = 10.0.0.2/32, fd00::2/128
        Endpoint = 192.0.2.9:1234
        PersistentKeepalive = 25

        [Peer]
        PublicKey = TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=
        AllowedIPs = 10.0.0.0/24
        """;
    host.command("wg", "setconf", "wg0", "/dev/stdin").withInput(conf).check();
    assertThat(host.exec("wg", "showconf", "wg0")).isEqualToIgnoringWhitespace(conf);

    var less = conf.substring(0, conf.lastIndexOf("[Peer]"));
    host.command("wg", "syncconf", "wg0", "/dev/stdin").withInput(less).check();
    assertThat(host.exec("wg", "showconf", "wg0")).isEqualToIgnoringWhitespace(less);

    host.command("wg", "addconf", "wg0", "/dev/stdin")
        .withInput(conf.substring(conf.lastIndexOf("[Peer]")))
        .check();
    assertThat(host.exec("wg", "showconf", "wg0")).isEqualToIgnoringWhitespace(conf);
    host.exec("wg", "set", "wg0", "peer", "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=", "remove");
    assertThat(host.exec("wg", "show", "wg0", "peers").lines()).hasSize(1);
  }

  @Test
  @Scenario("A peer that wg syncconf does not change keeps its session while others come and go")
  void aPeerThatIsNotChangedKeepsItsSession() {
    var far = connect();
    var near = tunnel(far);
    var conf = host.exec("wg", "showconf", "wg0");
    var more =
        conf
            + """

            [Peer]
            PublicKey = TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=
            AllowedIPs = 10.0.0.0/24
            """;
    near.awaitPing(far.v4);
    var session = new KeptSession(near);
    for (var next : new String[] {more, conf}) {
      host.command("wg", "syncconf", "wg0", "/dev/stdin").withInput(next + "\n").check();
      assertThat(host.exec("wg", "show", "wg0", "peers").lines())
          .hasSize(next.equals(more) ? 2 : 1)
          .contains(far.publicKey());
      near.awaitPing(far.v4);
    }
    session.assertKept();
  }

  @Test
  @Scenario("wg-quick brings an ordinary configuration up and down")
  void wgQuickBringsAnOrdinaryConfigurationUpAndDown() {
    host.exec("mkdir", "-p", "/run/conf");
    host.command("tee", "/run/conf/wg9.conf")
        .withInput(
            """
            [Interface]
            Address = 10.0.0.1/24, fd00::1/64
            ListenPort = 5000
            MTU = 1380
            PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=

            [Peer]
            PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
            AllowedIPs = 10.0.0.0/24, 10.9.0.0/16, fd00::/64
            Endpoint = 192.0.2.9:1234
            """)
        .check();
    host.exec("chmod", "600", "/run/conf/wg9.conf");
    quick("up");
    assertThat(host.exec("wg", "show", "wg9", "listen-port")).isEqualTo("5000");
    assertThat(host.ip("address", "show", "wg9")).contains("mtu 1380", "10.0.0.1/24", "fd00::1/64");
    assertThat(host.ip("route")).contains("10.9.0.0/16 dev wg9");
    quick("down");
    await().atMost(PATIENCE).until(() -> !host.ip("link").contains("wg9") && !daemonRuns());
  }

  private void quick(String verb) {
    host.command("wg-quick", verb, "/run/conf/wg9.conf")
        .withEnvironment("WG_QUICK_USERSPACE_IMPLEMENTATION", Installation.bin("wiremesh-wg"))
        .withTimeout(PATIENCE)
        .check();
  }
}
