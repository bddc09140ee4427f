package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Identities and next hops, which a mesh adds to plain WireGuard, tested by plain peers.
 *
 * <p>Takes half a minute in sum: silence after a refused handshake lasts five seconds.
 */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "tcpdump", "wireguard-go"})
@Execution(ExecutionMode.CONCURRENT)
class MeshPartsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String LAPTOP = "10.70.9.7";
  private static final String PHONE = "10.70.9.8";

  @AutoClose private final Hosts hosts = Hosts.forTest("wg");
  private final Host middle = hosts.create("middle");
  private final Host one = hosts.create("one");
  private final Host two = hosts.create("two");

  @TempDir Path folder;

  private void network() {
    middle.createBridge("lan");
    middle.address("lan", "192.0.2.1/24");
    one.connectToBridge("eth0", middle, "lan", "one");
    two.connectToBridge("eth0", middle, "lan", "two");
    one.address("eth0", "192.0.2.11/24");
    two.address("eth0", "192.0.2.12/24");
  }

  private static String allowed(WgEnd end) {
    return end.v4 + "/32";
  }

  private void start(Maker maker) {
    maker.make(middle, WgEnd.INTERFACE);
    middle.exec("wg", "set", WgEnd.INTERFACE, "listen-port", "50000");
    middle.address(WgEnd.INTERFACE, "10.70.0.100/16");
    middle.ip("link", "set", WgEnd.INTERFACE, "up");
  }

  private static void knows(WgEnd end, PrivateKey key, String... more) {
    end.wgWithKey(
        "",
        "peer",
        key.publicKey().toString(),
        "allowed-ips",
        "10.70.0.100/32",
        "endpoint",
        "192.0.2.1:50000");
    if (more.length > 0) {
      var all = new ArrayList<>(List.of("peer", key.publicKey().toString()));
      all.addAll(List.of(more));
      end.wgWithKey("", all.toArray(String[]::new));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Implementation.class,
      names = {"WIREMESH", "WIREGUARD_GO"})
  @Scenario("Two identities answer on one socket, each to the peers that are bound to it alone")
  void twoIdentities(Implementation others) {
    network();
    var first = PrivateKey.generate(new SecureRandom());
    var second = PrivateKey.generate(new SecureRandom());
    var a = new WgEnd(one, others, 1);
    var b = new WgEnd(two, others, 2);
    try (var maker =
        new Injected(
            folder,
            1,
            "identity",
            "first",
            first.toBase64(),
            "identity",
            "second",
            second.toBase64(),
            "peer",
            a.publicKey(),
            "first",
            "-",
            allowed(a),
            "-",
            "peer",
            b.publicKey(),
            "second",
            "192.0.2.12:" + b.port,
            allowed(b),
            "-")) {
      start(maker);
      knows(a, first);
      a.awaitPing("10.70.0.100");
      knows(b, second);
      b.awaitPing("10.70.0.100");
      assertThat(middle.ping(a.v4).succeeded()).isTrue();
      // Under the other identity it gets no reply.
      a.wgWithKey("", "peer", first.publicKey().toString(), "remove");
      try (var wire = Wire.at(one, "eth0")) {
        knows(a, second);
        await()
            .atMost(PATIENCE)
            .until(() -> {
              assertThat(a.pings("10.70.0.100")).isFalse();
              return !wire.sent("192.0.2.11", Wire.INITIATION).isEmpty();
            });
        assertThat(a.pings("10.70.0.100")).isFalse();
        assertThat(wire.sent("192.0.2.1", Wire.RESPONSE)).isEmpty();
      }
      assertThat(a.show("latest-handshakes")).isEqualTo("0");
      b.awaitPing("10.70.0.100");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Implementation.class,
      names = {"WIREMESH", "WIREGUARD_GO"})
  @Scenario(
      "Packets to a laptop behind two gateways go through the one that last sent data of the"
          + " laptop; keepalives and data of other addresses do not change that")
  void nextHops(Implementation gateways) {
    network();
    var key = PrivateKey.generate(new SecureRandom());
    var home = new WgEnd(one, gateways, 1);
    var other = new WgEnd(two, gateways, 2);
    for (var host : new Host[] {one, two}) {
      host.address(WgEnd.INTERFACE, LAPTOP + "/32");
      host.address(WgEnd.INTERFACE, PHONE + "/32");
    }
    var both = LAPTOP + "/32," + PHONE + "/32";
    try (var maker =
        new Injected(
            folder,
            1,
            "identity",
            "node",
            key.toBase64(),
            "peer",
            home.publicKey(),
            "node",
            "192.0.2.11:" + home.port,
            both,
            "-",
            "peer",
            other.publicKey(),
            "node",
            "192.0.2.12:" + other.port,
            allowed(other),
            both)) {
      start(maker);
      knows(home, key);
      knows(other, key);
      assertArrivesAt(home, LAPTOP);

      speaks(other, LAPTOP);
      assertArrivesAt(other, LAPTOP);
      assertArrivesAt(home, PHONE);

      knows(home, key, "persistent-keepalive", "1");
      speaks(home, PHONE);
      try (var keepalives = one.capture("eth0", "udp and src host 192.0.2.11 and greater 60")) {
        await().atMost(PATIENCE).until(() -> keepalives.packets().size() > 2);
      }
      assertArrivesAt(other, LAPTOP);

      speaks(home, LAPTOP);
      assertArrivesAt(home, LAPTOP);
    }
  }

  private static void speaks(WgEnd gateway, String as) {
    await()
        .atMost(PATIENCE)
        .until(() ->
            gateway.host.command("ping", "-nc1", "-W1", "-I", as, "10.70.0.100").run().succeeded());
  }

  private void assertArrivesAt(WgEnd gateway, String destination) {
    try (var there = gateway.host.capture(WgEnd.INTERFACE, "icmp and dst host " + destination)) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            assertThat(middle.ping(destination).succeeded()).isTrue();
            assertThat(there.packets()).as("at %s", gateway.host.name()).isNotEmpty();
          });
    }
  }
}
