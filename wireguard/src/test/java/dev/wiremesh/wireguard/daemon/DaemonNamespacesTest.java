package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A daemon whose interface is moved to another network namespace: it follows as far as it may. */
@RequiresTun
@RequiresTool({"wg", "ip", "ss", "setpriv"})
@Execution(ExecutionMode.CONCURRENT)
class DaemonNamespacesTest {
  @AutoClose private final Hosts hosts = Hosts.forTest("lx");
  private final Host host = hosts.create("host");
  private final Daemons daemons = new Daemons(host);

  @Test
  @Scenario("An interface is followed into another namespace and back, with traffic in each")
  void anInterfaceWorksInAnotherNamespaceAndBack() {
    var other = hosts.create("other");
    var far = hosts.create("far");
    daemons.start("wg0");
    daemons.start("wg1");
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
    daemons.awaitPort(false);
    useAs(other, "wg0", "10.70.0.1/24");
    awaitPing(other);

    other.ip("link", "set", "wg0", "netns", host.namespace());
    daemons.awaitPort(false);
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
        .atMost(Daemons.PATIENCE)
        .untilAsserted(() ->
            assertThat(from.ping("10.70.0.2").succeeded())
                .as("ping from %s; %s; %s", from.name(), from.ip("address"), host.exec("wg"))
                .isTrue());
  }

  @Test
  @Scenario("A namespace that is removed takes the interface in it and the daemon with it")
  void aNamespaceThatIsRemovedEndsTheDaemon() {
    daemons.start("wg0");
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
    daemons.awaitPort(true);
    hosts.remove(other);
    daemons.awaitEnd();
    daemons.awaitPort(false);
  }

  /** As in a container that has CAP_NET_ADMIN alone. */
  @Test
  @Scenario(
      "An interface in a namespace that the daemon cannot enter keeps working, and its up and"
          + " down are followed")
  void anInterfaceThatLeavesForANamespaceThatCannotBeEnteredLivesOn() {
    var other = hosts.create("other");
    startWithoutSysAdmin();
    host.exec("wg", "set", "wg0", "listen-port", "5000");
    host.ip("link", "set", "wg0", "up");
    daemons.awaitPort(true);
    host.ip("link", "set", "wg0", "netns", other.namespace());
    daemons.awaitPort(false);
    // Another one of that name is not the daemon's.
    host.ip("tuntap", "add", "dev", "wg0", "mode", "tun");
    host.ip("link", "set", "wg0", "up");
    other.ip("link", "set", "wg0", "up");
    daemons.awaitPort(true);
    host.ip("link", "del", "wg0");
    other.ip("link", "set", "wg0", "down");
    daemons.awaitPort(false);
    other.ip("link", "set", "wg0", "name", "far0");
    other.ip("link", "set", "far0", "up");
    daemons.awaitPort(true);
    assertThat(host.exec("wg", "show", "wg0")).contains("listening port: 5000");

    other.ip("link", "set", "far0", "netns", host.namespace());
    daemons.awaitPort(false);
    host.ip("link", "set", "far0", "up");
    daemons.awaitPort(true);
    host.ip("link", "del", "far0");
    daemons.awaitEnd();
  }

  @Test
  void anInterfaceThatIsDeletedWhereTheDaemonCannotLookEndsIt() {
    var other = hosts.create("other");
    startWithoutSysAdmin();
    host.ip("link", "set", "wg0", "netns", other.namespace());
    other.ip("link", "del", "wg0");
    daemons.awaitEnd();
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
        .withTimeout(Daemons.PATIENCE)
        .check();
  }
}
