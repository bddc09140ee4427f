package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.process.CommandResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tunnels between our daemon and wireguard-go under NAT, roaming, loss and restarts.
 *
 * <p>Takes half a minute in sum: a NAT must forget flows, with every pair of implementations.
 */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "nft", "ss", "tcpdump", "wireguard-go"})
@Execution(ExecutionMode.CONCURRENT)
class ScenarioTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration HOLE = Duration.ofSeconds(20);
  private static final Pattern RECEIVED = Pattern.compile("(\\d+) received");

  @AutoClose private final Hosts hosts = Hosts.forTest("wg");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @TempDir Path folder;

  @ParameterizedTest
  @Scenario("A NAT that gives an established tunnel another port interrupts it for a packet only")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void natRebinding(Implementation inside, Implementation outside) {
    var router = hosts.create("router");
    TestUnderlay.routed(left, router, right);
    TestUnderlay.noWayBut(router, right, 1);
    var a = new WgEnd(left, inside, 1);
    var b = new WgEnd(right, outside, 2);
    a.join(b, "198.51.100.2");
    try (var wire = Wire.at(right, "eth0")) {
      masquerade(router, 31_000);
      a.awaitPing(b.v4);
      assertThat(b.show("endpoints")).isEqualTo("198.51.100.254:31000");
      var session = new KeptSession(a);
      masquerade(router, 32_000);
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ofSeconds(3))
          .pollInterval(Duration.ofSeconds(3))
          .untilAsserted(() -> {
            a.pings(b.v4);
            assertThat(b.show("endpoints")).isEqualTo("198.51.100.254:32000");
          });
      // The router forgets a flow within a second: the way back is open while one is under way.
      await().atMost(PATIENCE).until(() -> a.pings(b.v4) && b.pings(a.v4));
      session.assertKept();
      wire.assertMovedWithItsSession("198.51.100.254:31000", "198.51.100.254:32000");
      assertThat(wire.messages(message -> !message.isFrom("198.51.100.2")))
          .extracting(Wire.Message::source)
          .containsOnly("198.51.100.254:31000", "198.51.100.254:32000");
      wire.assertNothingInClear(a, b);
    }
  }

  /** New flows leave by this port from now on; others are forgotten after a second of silence. */
  private static void masquerade(Host router, int port) {
    TestUnderlay.nft(
        router,
        """
        table ip wgnat
        delete table ip wgnat
        table ip wgnat {
          chain c {
            type nat hook postrouting priority 100
            oifname right ip protocol udp masquerade to :%d
          }
        }
        """
            .formatted(port));
  }

  @Tag("long")
  @ParameterizedTest
  @Scenario("A phone that goes from one network to another keeps its tunnel")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void roaming(Implementation phone, Implementation server) {
    var router = hosts.create("router");
    TestUnderlay.routedTwice(left, router, right, "mobile", "wifi");
    var a = new WgEnd(left, phone, 1);
    var b = new WgEnd(right, server, 2);
    a.join(b, "198.51.100.2");
    try (var wire = Wire.at(right, "eth0")) {
      a.awaitPing(b.v4);
      assertThat(b.show("endpoints")).startsWith("192.0.2.1:");
      var session = new KeptSession(a);
      left.ip("link", "set", "mobile", "down");
      left.route("default", "203.0.113.254");
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            a.awaitPing(b.v4);
            assertThat(b.show("endpoints")).startsWith("203.0.113.1:");
          });
      b.awaitPing(a.v4);
      session.assertKept();
      wire.assertMovedWithItsSession("192.0.2.1:", "203.0.113.1:");
      wire.assertNothingInClear(a, b);
    }
  }

  @Tag("long")
  @ParameterizedTest
  @Scenario("A tunnel comes up and stays up with 10 % loss of all packets, handshakes included")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void loss(Implementation here, Implementation there) {
    TestUnderlay.cable(left, right);
    for (var host : new Host[] {left, right}) {
      TestUnderlay.drop(host, "udp dport 50001-50002 numgen random mod 10 == 0");
    }
    var a = new WgEnd(left, here, 1);
    var b = new WgEnd(right, there, 2);
    a.join(b, "192.0.2.2");
    try (var wire = Wire.at(right, "eth0")) {
      a.awaitPing(b.v4);
      var answered =
          received(
              left.command("ping", "-n", "-q", "-c", "200", "-i", "0.02", "-W", "2", b.v4).run());
      assertThat(answered).as("81 %% would be 162").isBetween(100, 199);
      // Lost packets are not retransmitted.
      wire.assertNoNumberTwice("192.0.2.1");
      wire.assertNoNumberTwice("192.0.2.2");
      wire.assertNothingInClear(a, b);
    }
  }

  /**
   * With the new-handshake timer, what is sent and never answered leads to an initiation after 15
   * s; without it, the session would be trusted for two minutes more.
   */
  @Tag("long")
  @ParameterizedTest
  @Scenario(
      "Data into a tunnel with one dead direction leads to handshakes, and the tunnel works"
          + " again when that direction does")
  @CsvSource({
    "WIREMESH, WIREGUARD_GO, forth",
    "WIREMESH, WIREGUARD_GO, back",
    "WIREGUARD_GO, WIREMESH, forth",
    "WIREGUARD_GO, WIREMESH, back",
    "WIREMESH, WIREMESH, forth",
    "WIREMESH, WIREMESH, back",
  })
  void oneWayBlackhole(Implementation here, Implementation there, String dead) {
    TestUnderlay.cable(left, right);
    var a = new WgEnd(left, here, 1);
    var b = new WgEnd(right, there, 2);
    a.join(b, "192.0.2.2");
    var deaf = dead.equals("forth") ? right : left;
    // The capture is before the place where packets are dropped.
    try (var wire = Wire.at(left, "eth0")) {
      a.awaitPing(b.v4);
      // Or else the other end, whose last answer is unanswered, would begin, and put ours off.
      awaitConfirmed(a, b, wire);
      TestUnderlay.drop(deaf, "udp dport 50001-50002");
      int begun = wire.sent("192.0.2.1", Wire.INITIATION).size();
      int fromRight = wire.messages(message -> message.isFrom("192.0.2.2")).size();
      int answered = wire.sent("192.0.2.2", Wire.RESPONSE).size();
      var sessions = List.of(wire.sessions("192.0.2.1"), wire.sessions("192.0.2.2"));
      try (var flow = TestUnderlay.flow(left, b.v4, folder)) {
        // No shorter than the hole is to be, and until what must be seen was seen.
        await()
            .pollDelay(HOLE)
            .atMost(PATIENCE)
            .untilAsserted(() ->
                assertThat(wire.sent("192.0.2.1", Wire.INITIATION))
                    .as(() -> flow.lastLines(3))
                    .hasSizeGreaterThan(begun));
        // The other direction stays open.
        awaitData(wire, "192.0.2.1", Wire.from("192.0.2.1", Wire.INITIATION), begun);
        if (deaf == left) {
          awaitData(wire, "192.0.2.2", Wire.from("192.0.2.2", Wire.RESPONSE), answered);
        }
      }
      if (deaf == right) {
        assertThat(wire.messages(message -> message.isFrom("192.0.2.2")))
            .as("from whom nothing is heard")
            .hasSize(fromRight);
      } else {
        wire.awaitMore(Wire.from("192.0.2.2", Wire.RESPONSE), answered);
      }
      assertThat(List.of(wire.sessions("192.0.2.1"), wire.sessions("192.0.2.2")))
          .as("what data is sent under, while no handshake can lead")
          .isEqualTo(sessions);
      TestUnderlay.dropNothing(deaf);
      await().atMost(PATIENCE).until(() -> a.pings(b.v4) && b.pings(a.v4));
      wire.assertNothingInClear(a, b);
    }
  }

  /** Waits for data from an address, after a message of a handshake that so many went before. */
  private static void awaitData(
      Wire wire, String from, Predicate<Wire.Message> handshake, int others) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(wire.after(handshake, others))
                .filteredOn(message -> !message.isKeepalive())
                .anyMatch(Wire.from(from, Wire.DATA)));
  }

  /** Until a ping's answer is confirmed by a keepalive, ten seconds later. */
  private static void awaitConfirmed(WgEnd a, WgEnd b, Wire wire) {
    var confirmed = Wire.from("192.0.2.1", Wire.DATA).and(Wire.Message::isKeepalive);
    int soFar = wire.messages(confirmed).size();
    wire.awaitPing(a, b.v4);
    wire.awaitMore(confirmed, soFar);
  }

  @ParameterizedTest
  @Scenario("Full packets pass an underlay of 1280 bytes, in fragments")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void smallUnderlay(Implementation here, Implementation there) {
    TestUnderlay.cable(left, right);
    left.mtu("eth0", 1280);
    right.mtu("eth0", 1280);
    var a = new WgEnd(left, here, 1);
    var b = new WgEnd(right, there, 2);
    a.join(b, "192.0.2.2");
    try (var wire = Wire.at(right, "eth0")) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(received(left.command("ping", "-nc3", "-s1392", "-W2", b.v4).run()))
                  .isEqualTo(3));
      for (var address : new String[] {"192.0.2.1", "192.0.2.2"}) {
        wire.awaitAny(message -> message.isFrom(address) && message.fragment());
      }
      assertThat(wire.packetSizes()).allMatch(bytes -> bytes <= 1280);
      wire.assertNothingInClear(a, b);
    }
  }

  @Tag("long")
  @ParameterizedTest
  @Scenario("A peer that restarts without its sessions is reached again")
  @CsvSource({
    "WIREMESH, WIREGUARD_GO, other",
    "WIREMESH, WIREGUARD_GO, restarted",
    "WIREGUARD_GO, WIREMESH, other",
    "WIREGUARD_GO, WIREMESH, restarted",
    "WIREMESH, WIREMESH, other",
    "WIREMESH, WIREMESH, restarted",
  })
  void restart(Implementation restarted, Implementation other, String speaksFirst) {
    TestUnderlay.cable(left, right);
    var before = new WgEnd(left, restarted, 1);
    var b = new WgEnd(right, other, 2);
    before.peer(b, "endpoint", "192.0.2.2:" + b.port);
    b.peer(before, "endpoint", "192.0.2.1:" + before.port);
    List<Integer> forgotten;
    try (var wire = Wire.at(right, "eth0")) {
      if (speaksFirst.equals("other")) {
        wire.awaitPing(before, b.v4);
      } else { // and has not begun the session that it forgets
        wire.awaitPing(b, before.v4);
      }
      forgotten = wire.sessions("192.0.2.1");
    }
    left.ip("link", "del", WgEnd.INTERFACE);
    await().atMost(PATIENCE).until(() -> before.isGone());
    try (var wire = Wire.at(right, "eth0")) {
      var after = before.again(restarted);
      after.peer(b, "endpoint", "192.0.2.2:" + b.port);
      if (speaksFirst.equals("other")) {
        b.awaitPing(after.v4);
        after.awaitPing(b.v4);
      } else {
        after.awaitPing(b.v4);
        b.awaitPing(after.v4);
      }
      wire.awaitAny(Wire.from("192.0.2.1", Wire.DATA));
      assertThat(wire.messages(message -> message.isFrom("192.0.2.1")))
          .as("from whom was restarted")
          .first()
          .matches(message -> message.type() != Wire.DATA);
      assertThat(wire.sessions("192.0.2.1"))
          .as("its sessions since")
          .doesNotContainAnyElementsOf(forgotten);
      wire.assertNothingInClear(after, b);
    }
  }

  @Test
  @Scenario("On the wire: handshakes are marked AF41, sizes are padded, nothing is sent in silence")
  void datagramsOnTheWireArePaddedAndMarked() {
    TestUnderlay.cable(left, right);
    var a = new WgEnd(left, Implementation.WIREMESH, 1);
    var b = new WgEnd(right, Implementation.WIREGUARD_GO, 2);
    try (var wire = Wire.at(right, "eth0");
        var all = right.capture("eth0", "udp and src host 192.0.2.1");
        var marked = right.capture("eth0", "udp and src host 192.0.2.1 and ip[1] == 0x88")) {
      a.join(b, "192.0.2.2");
      assertThat(all.packets()).isEmpty();
      a.awaitPing(b.v4);
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            // 84 bytes of a ping become 96, and 32 more for header and tag.
            assertThat(all.packets()).anyMatch(line -> line.endsWith("length 128"));
            assertThat(marked.packets()).isNotEmpty().allMatch(line -> line.endsWith("length 148"));
          });
      wire.assertNothingInClear(a, b);
    }
  }

  private static int received(CommandResult ping) {
    var matcher = RECEIVED.matcher(ping.output());
    assertThat(matcher.find()).as("%s", ping).isTrue();
    return Integer.parseInt(matcher.group(1));
  }
}
