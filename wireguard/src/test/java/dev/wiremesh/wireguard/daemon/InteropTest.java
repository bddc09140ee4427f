package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Our daemon and wireguard-go at the two ends of a cable, configured by {@code wg}. */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "nft", "python3", "wireguard-go"})
class InteropTest {
  @AutoClose private final Hosts hosts = Hosts.forTest("lx");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  private void cable() {
    left.connect("eth0", right, "eth0");
    left.address("eth0", "192.0.2.1/24");
    right.address("eth0", "192.0.2.2/24");
    left.address("eth0", "2001:db8::1/64");
    right.address("eth0", "2001:db8::2/64");
  }

  @ParameterizedTest
  @CsvSource({
    "WIREMESH, WIREGUARD_GO, 192.0.2.2",
    "WIREMESH, WIREGUARD_GO, [2001:db8::2]",
    "WIREGUARD_GO, WIREMESH, 192.0.2.2",
    "WIREGUARD_GO, WIREMESH, [2001:db8::2]",
    "WIREMESH, WIREMESH, 192.0.2.2",
    "WIREMESH_INHERITING, WIREGUARD_GO, 192.0.2.2",
  })
  @Scenario("Both families pass inside and outside, whoever begins, with a preshared key")
  void bothFamiliesPassWhoeverBegins(
      Implementation initiator, Implementation responder, String address) {
    cable();
    var a = new WgEnd(left, initiator, 1);
    var b = new WgEnd(right, responder, 2);
    var presharedKey = WgEnd.newPresharedKey();
    // Only one knows where the other is; the other learns it.
    a.peer(b, "endpoint", address + ":" + b.port);
    b.peer(a);
    a.wgWithKey(presharedKey, "peer", b.publicKey(), "preshared-key", "/dev/stdin");
    b.wgWithKey(presharedKey, "peer", a.publicKey(), "preshared-key", "/dev/stdin");

    a.awaitPing(b.v4);
    b.awaitPing(a.v6);
    a.awaitPing(b.v6);
    b.awaitPing(a.v4);
    assertThat(left.exec("ping", "-n", "-c", "1", "-s", "1392", b.v4)).contains("1 received");
    assertThat(b.show("endpoints"))
        .isEqualTo(address.startsWith("[") ? "[2001:db8::1]:" + a.port : "192.0.2.1:" + a.port);
    for (var end : new WgEnd[] {a, b}) {
      assertThat(end.show("preshared-keys")).isEqualTo(presharedKey);
      assertThat(Long.parseLong(end.show("latest-handshakes"))).isPositive();
      assertThat(end.show("transfer").split("\t"))
          .allSatisfy(bytes -> assertThat(Long.parseLong(bytes)).isBetween(840L, 20_000L));
    }
  }

  @Test
  @Scenario("Ends with different preshared keys never talk")
  void aWrongPresharedKeyLetsNothingPass() {
    cable();
    var a = new WgEnd(left, Implementation.WIREMESH, 1);
    var b = new WgEnd(right, Implementation.WIREGUARD_GO, 2);
    a.peer(b, "endpoint", "192.0.2.2:" + b.port);
    b.peer(a);
    a.wgWithKey(WgEnd.newPresharedKey(), "peer", b.publicKey(), "preshared-key", "/dev/stdin");
    assertThat(a.pings(b.v4)).isFalse();
    assertThat(a.show("latest-handshakes")).isEqualTo("0");
  }

  @ParameterizedTest
  @EnumSource
  @Scenario("Packets of 31 kB pass, in fragments outside")
  void aMessageOfMaximalSizePassesInFragments(Implementation responder) {
    cable();
    var a = new WgEnd(left, Implementation.WIREMESH, 1);
    var b = new WgEnd(right, responder, 2);
    a.peer(b, "endpoint", "192.0.2.2:" + b.port);
    b.peer(a);
    left.mtu("wg0", 32_000);
    right.mtu("wg0", 32_000);
    await()
        .untilAsserted(() ->
            assertThat(left.command("ping", "-n", "-c1", "-W1", "-s", "31000", b.v4).run())
                .matches(result -> result.succeeded()));
  }

  /** The router forgets a flow after two silent seconds; the keepalive holds it open. */
  @ParameterizedTest
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH"})
  @Scenario("A keepalive holds the way in through a NAT open that forgets after two seconds")
  void aKeepaliveHoldsTheWayThroughANatOpen(Implementation inside, Implementation outside) {
    var router = hosts.createNatRouter("router", "wan");
    left.connect("eth0", router, "lan");
    router.connect("wan", right, "eth0");
    left.address("eth0", "192.168.1.2/24");
    router.address("lan", "192.168.1.1/24");
    router.address("wan", "192.0.2.1/24");
    right.address("eth0", "192.0.2.2/24");
    left.route("default", "192.168.1.1");
    router.exec(
        "bash",
        "-c",
        "cd /proc/sys/net/netfilter && echo 2 > nf_conntrack_udp_timeout"
            + " && echo 2 > nf_conntrack_udp_timeout_stream");
    var a = new WgEnd(left, inside, 1);
    var b = new WgEnd(right, outside, 2);
    b.peer(a);
    a.peer(b, "endpoint", "192.0.2.2:" + b.port, "persistent-keepalive", "1");

    await().until(() -> !b.show("latest-handshakes").equals("0"));
    assertThat(b.show("endpoints")).startsWith("192.0.2.1:");
    // From outside in, several times as long after as the router remembers.
    var answers = right.command("ping", "-n", "-c", "3", "-i", "4", "-W", "2", a.v4).run().output();
    assertThat(answers).contains("3 received");
  }

  /** Longer than a session may live: without the rekey after two minutes there would be silence. */
  @ParameterizedTest
  @Tag("long")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  @Scenario("Three minutes of the real constants: a flow goes on over the rekey without a loss")
  void aRekeyLosesNoPacket(Implementation initiator, Implementation responder) {
    cable();
    var a = new WgEnd(left, initiator, 1);
    var b = new WgEnd(right, responder, 2);
    a.peer(b, "endpoint", "192.0.2.2:" + b.port);
    b.peer(a);
    await().atMost(Duration.ofSeconds(60)).until(() -> a.pings(b.v4));
    var first = a.show("latest-handshakes");

    var pings =
        left.command("ping", "-n", "-q", "-i", "0.2", "-c", "950", "-W", "2", b.v4)
            .withTimeout(Duration.ofMinutes(8))
            .check();
    assertThat(pings).contains("950 received").contains(" 0% packet loss");
    assertThat(a.show("latest-handshakes")).isNotEqualTo(first);
    assertThat(b.show("latest-handshakes")).isNotEqualTo(first);
  }
}
