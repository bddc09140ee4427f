package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** {@code wg} and {@code wg-quick} with a daemon. */
@RequiresTun
@RequiresTool({"wg", "wg-quick", "ip", "ss"})
@Execution(ExecutionMode.CONCURRENT)
class DaemonConfigurationTest {
  @AutoClose private final Hosts hosts = Hosts.forTest("lx");
  private final Host host = hosts.create("host");
  private final Daemons daemons = new Daemons(host);

  @Test
  @Scenario("wg setconf, syncconf, addconf and showconf work as with the kernel")
  void configurationsAreSetSyncedAndShown() {
    daemons.start("wg0");
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
    daemons.awaitEndWithInterface("wg9");
  }

  @Test
  void forwardingBetweenPeersSendsNoIcmpRedirect() {
    host.exec("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/send_redirects");
    daemons.start("wg0");
    for (var link : new String[] {"all", "wg0"}) {
      assertThat(host.exec("cat", "/proc/sys/net/ipv4/conf/" + link + "/send_redirects"))
          .as(link)
          .isEqualTo("0");
    }
  }

  private void quick(String verb) {
    host.command("wg-quick", verb, "/run/conf/wg9.conf")
        .withEnvironment("WG_QUICK_USERSPACE_IMPLEMENTATION", Installation.bin("wiremesh-wg"))
        .withTimeout(Daemons.PATIENCE)
        .check();
  }

  @Test
  @Scenario(
      "A peer that wg syncconf does not change keeps its session while others are added and"
          + " removed")
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
  @Scenario("A listen port that is in use is refused, and the device keeps working")
  void aTakenPortIsRefusedAndTheDeviceLivesOn() {
    var far = connect();
    var near = tunnel(far);
    daemons.start("wg1");
    host.exec("wg", "set", "wg1", "listen-port", "5000");
    host.ip("link", "set", "wg1", "up");
    daemons.awaitPort(true);
    assertThat(host.command("wg", "set", "wg0", "listen-port", "5000").run().errors())
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
}
