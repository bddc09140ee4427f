package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.process.OwnThread;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tunnels across a router that reorders, duplicates, translates or loses datagrams.
 *
 * <p>Takes minutes in sum: keepalives and flows of ten seconds, with every pair of implementations.
 */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "nft", "python3", "tcpdump", "wireguard-go"})
@Execution(ExecutionMode.CONCURRENT)
class PathTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Longer than the two seconds for which a NAT of these tests remembers a flow. */
  private static final Duration NAT_FORGETS = Duration.ofSeconds(3);

  /** Of what passes, every third datagram comes twice, every fifth 30 ms late. */
  private static final String SHUFFLER =
      """
      import select, socket, sys, time
      inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      inner.bind(("192.0.2.254", 50002))
      outer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      outer.bind(("198.51.100.254", 50001))
      target, client, held, number = ("198.51.100.2", 50002), None, [], 0
      while True:
          wait = max(0, min((due for due, *_ in held), default=time.time() + 1) - time.time())
          for ready in select.select([inner, outer], [], [], wait)[0]:
              data, sender = ready.recvfrom(65536)
              if ready is inner:
                  client, way, to = sender, outer, target
              else:
                  way, to = inner, client
              number += 1
              if to is None:
                  continue
              if number % 5 == 0:
                  held.append((time.time() + 0.03, way, data, to))
              else:
                  way.sendto(data, to)
              if number % 3 == 0:
                  way.sendto(data, to)
          for late in [one for one in held if one[0] <= time.time()]:
              held.remove(late)
              late[1].sendto(late[2], late[3])
      """;

  @AutoClose private final Hosts hosts = Hosts.forTest("wg");
  private final Host left = hosts.create("left");
  private final Host router = hosts.create("router");
  private final Host right = hosts.create("right");

  @TempDir Path logs;

  @ParameterizedTest
  @Scenario("Reordered and duplicated datagrams lose no packet, and each packet is delivered once")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void reorderingAndDuplication(Implementation here, Implementation there) throws IOException {
    TestUnderlay.routed(left, router, right);
    var script = Files.writeString(logs.resolve("shuffler.py"), SHUFFLER);
    try (var shuffler =
            router.start(
                "shuffler",
                List.of("python3", script.toString()),
                Map.of(),
                logs.resolve("shuffler.log"));
        var wire = Wire.at(right, "eth0")) {
      var a = new WgEnd(left, here, 1);
      var b = new WgEnd(right, there, 2);
      a.peer(b, "endpoint", "192.0.2.254:50002");
      b.peer(a);
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(a.pings(b.v4)).as(shuffler.lastLines(5)).isTrue());
      var pings = left.command("ping", "-nq", "-c200", "-i0.02", "-W5", b.v4).run().output();
      assertThat(pings).contains("200 received").doesNotContain("duplicates");
      var counters =
          wire.sent("198.51.100.254", Wire.DATA).stream().map(Wire.Message::counter).toList();
      assertThat(counters)
          .as("that some come late")
          .isNotEqualTo(counters.stream().sorted().toList());
      assertThat(Set.copyOf(counters)).as("that some come twice").hasSizeLessThan(counters.size());
      assertNothingIsAnsweredTwice(wire.messages());
      wire.assertNothingInClear(a, b);
    }
  }

  /** Of those on the right, only the pinged end. */
  private static void assertNothingIsAnsweredTwice(List<Wire.Message> wire) {
    assertThat(wire.stream().filter(Wire.from("198.51.100.2", Wire.RESPONSE)))
        .as("answers to handshakes, copies of one among %s", wire)
        .hasSizeLessThanOrEqualTo(different(wire, Wire.from("198.51.100.254", Wire.INITIATION)));
    assertThat(wire.stream().filter(Wire.from("198.51.100.2", Wire.DATA)))
        .as("answers to data, copies of one among %s", wire)
        .filteredOn(message -> !message.isKeepalive())
        .hasSizeLessThanOrEqualTo(
            different(
                wire,
                Wire.from("198.51.100.254", Wire.DATA).and(message -> !message.isKeepalive())));
  }

  private static int different(List<Wire.Message> messages, Predicate<Wire.Message> which) {
    return (int)
        messages.stream()
            .filter(which)
            .map(message -> ByteBuffer.wrap(message.payload()))
            .distinct()
            .count();
  }

  /**
   * Our datagrams may be fragmented by routers. wireguard-go leaves the default of sockets, which
   * forbids it: its datagrams are lost here, so the requests to it count, not its answers.
   */
  @ParameterizedTest
  @Scenario(
      "Full packets of ours pass a router with smaller links that sends no ICMP, to any"
          + " implementation")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void fullPacketsPassASmallerLinkWithoutIcmp(Implementation here, Implementation there) {
    TestUnderlay.routed(left, router, right);
    router.ip("route", "replace", "192.0.2.0/24", "dev", "left", "mtu", "lock", "1280");
    router.ip("route", "replace", "198.51.100.0/24", "dev", "right", "mtu", "lock", "1280");
    TestUnderlay.nft(
        router,
        """
        table inet mute {
          chain c {
            type filter hook output priority 0
            icmp type destination-unreachable drop
          }
        }
        """);
    var a = new WgEnd(left, here, 1);
    var b = new WgEnd(right, there, 2);
    a.join(b, "198.51.100.2");
    a.awaitPing(b.v4);
    if (here == Implementation.WIREMESH) {
      assertFullPacketsPass(a, b, "192.0.2.1");
    }
    if (there == Implementation.WIREMESH) {
      assertFullPacketsPass(b, a, "198.51.100.2");
    }
    if (here == there) {
      a.awaitPing(b.v4, 1392);
    }
  }

  private static void assertFullPacketsPass(WgEnd from, WgEnd to, String source) {
    try (var wire = Wire.at(to.host, "eth0");
        var inside = to.host.capture(WgEnd.INTERFACE, "icmp[icmptype] == icmp-echo")) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            from.host.command("ping", "-nc1", "-s1392", "-W1", to.v4).run();
            assertThat(inside.packets())
                .as("pings that come out, of %s", wire.messages())
                .anyMatch(line -> line.endsWith("length 1400"));
          });
      wire.awaitAny(message -> message.isFrom(source) && message.fragment());
      assertThat(wire.messages(message -> message.isFrom(source)))
          .allMatch(message -> message.packetBytes() <= 1280 && message.mayBeCut());
      wire.assertNothingInClear(from, to);
    }
  }

  @Tag("long")
  @ParameterizedTest
  @Scenario(
      "Without a keepalive a NAT forgets the flow and drops packets from outside; one packet"
          + " from inside restores it")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void natWithoutKeepalive(Implementation inside, Implementation outside) {
    TestUnderlay.routed(left, router, right);
    router.masquerade("right");
    TestUnderlay.noWayBut(router, right, 2);
    var a = new WgEnd(left, inside, 1);
    var b = new WgEnd(right, outside, 2);
    a.join(b, "198.51.100.2");
    try (var lan = Wire.at(left, "eth0");
        var wire = Wire.at(right, "eth0")) {
      lan.awaitPing(a, b.v4);
      assertThat(b.show("endpoints")).startsWith("198.51.100.254:");
      await("the keepalive that confirms the answer")
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(keepalivesSinceData(lan)).hasSizeBetween(1, 2));
      // The pings below keep a flow open that an end reopens, unless the NAT forgets it in between.
      await()
          .pollDelay(NAT_FORGETS)
          .pollInterval(NAT_FORGETS)
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            int sent = wire.messages(message -> message.isFrom("198.51.100.2")).size();
            int passed = lan.messages().size();
            assertThat(b.pings(a.v4)).isFalse();
            wire.awaitMore(message -> message.isFrom("198.51.100.2"), sent);
            assertThat(lan.messages()).as("on its inside").hasSize(passed);
          });
      await().atMost(PATIENCE).until(() -> a.pings(b.v4) && b.pings(a.v4));
      assertThat(wire.messages()).noneMatch(message -> message.isFrom("192.0.2.1"));
      wire.assertNothingInClear(a, b);
    }
  }

  /** The keepalives that the inner end has sent after its last packet. */
  private static List<Wire.Message> keepalivesSinceData(Wire lan) {
    var sent = lan.messages(message -> message.isFrom("192.0.2.1"));
    int from = sent.size();
    while (from > 0 && sent.get(from - 1).isKeepalive()) {
      from--;
    }
    return sent.subList(from, sent.size());
  }

  @ParameterizedTest
  @Scenario("A running flow moves from one underlay network to another while both are up")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void roamingUnderAFlow(Implementation phone, Implementation server) {
    TestUnderlay.routedTwice(left, router, right, "mobile", "wifi");
    var a = new WgEnd(left, phone, 1);
    var b = new WgEnd(right, server, 2);
    a.join(b, "198.51.100.2");
    a.awaitPing(b.v4);
    assertThat(b.show("endpoints")).startsWith("192.0.2.1:");

    try (var wire = Wire.at(right, "eth0")) {
      var flow =
          OwnThread.supply(
              () -> right.command("ping", "-nq", "-c100", "-i0.1", "-W5", a.v4).run().output());
      b.awaitPing(a.v4);
      left.ip("route", "add", "default", "via", "203.0.113.254", "metric", "10");
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(b.show("endpoints")).startsWith("203.0.113.1:"));
      assertThat(flow.join()).containsPattern(" (100|9\\d|8\\d) received");
      wire.assertMovedWithItsSession("192.0.2.1:", "203.0.113.1:");
      wire.assertNoNumberTwice("203.0.113.1");
    }
    try (var mobile = Wire.at(router, "mobile");
        var wifi = Wire.at(router, "wifi")) {
      assertThat(right.command("ping", "-nqc5", "-i0.2", "-W5", a.v4).run().output())
          .contains("5 received");
      wifi.awaitMore(Wire.from("203.0.113.1", Wire.DATA), 4);
      wifi.awaitMore(Wire.from("198.51.100.2", Wire.DATA), 4);
      assertThat(mobile.messages()).as("on the network that was left").isEmpty();
      wifi.assertNothingInClear(a, b);
    }
  }

  @ParameterizedTest
  @Scenario("Datagrams with a firewall mark take the route of the mark, from the next packet on")
  @EnumSource(
      value = Implementation.class,
      names = {"WIREMESH", "WIREGUARD_GO"})
  void fwmark(Implementation here) {
    TestUnderlay.routedTwice(left, router, right, "plain", "marked");
    left.ip("route", "add", "198.51.100.2", "via", "203.0.113.254", "table", "42");
    left.ip("rule", "add", "fwmark", "42", "table", "42");
    var a = new WgEnd(left, here, 1);
    var b = new WgEnd(right, Implementation.WIREGUARD_GO, 2);
    a.join(b, "198.51.100.2");
    a.awaitPing(b.v4);
    assertThat(b.show("endpoints")).isEqualTo("192.0.2.1:" + a.port);
    for (var way : new String[] {"marked", "plain"}) {
      left.exec("wg", "set", WgEnd.INTERFACE, "fwmark", way.equals("marked") ? "42" : "0");
      var source = way.equals("marked") ? "203.0.113.1" : "192.0.2.1";
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            a.awaitPing(b.v4);
            assertThat(b.show("endpoints")).isEqualTo(source + ":" + a.port);
          });
      try (var used = Wire.at(router, way);
          var unused = Wire.at(router, way.equals("marked") ? "plain" : "marked")) {
        a.awaitPing(b.v4);
        used.awaitAny(Wire.from(source, Wire.DATA));
        assertThat(unused.messages()).isEmpty();
        used.assertNothingInClear(a, b);
      }
    }
  }

  @Test
  @Scenario(
      "An endpoint that the routes lead to through its own tunnel costs a packet, and no loop")
  void anEndpointInsideItsOwnTunnel() {
    TestUnderlay.cable(left, right);
    var a = new WgEnd(left, Implementation.WIREMESH, 1);
    var b = new WgEnd(right, Implementation.WIREGUARD_GO, 2);
    for (var inside : List.of(b.v4, "[" + b.v6 + "]")) {
      a.join(b, "192.0.2.2");
      a.awaitPing(b.v4);
      a.peer(b, "endpoint", inside + ":" + b.port);
      long before = sentBytes(a);
      // Each waits a second for answers, in which a loop would go round. Larger ones come back in
      // fragments.
      left.command("ping", "-nq", "-c5", "-i0.01", "-W1", b.v4).run();
      left.command("ping", "-nq", "-c5", "-i0.01", "-W1", "-s1300", b.v4).run();
      assertThat(sentBytes(a) - before).as("to " + inside).isBetween(1L, 70_000L);
    }
    a.join(b, "192.0.2.2");
    a.awaitPing(b.v4);
  }

  private static long sentBytes(WgEnd end) {
    var transfer = end.show("transfer").strip();
    return Long.parseLong(transfer.substring(transfer.indexOf('\t') + 1));
  }

  @ParameterizedTest
  @Scenario("A new private key is used at once, and its peer only needs the new public key")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void keyChangeLive(Implementation here, Implementation there) {
    TestUnderlay.routed(left, router, right);
    var a = new WgEnd(left, here, 1);
    var b = new WgEnd(right, there, 2);
    a.join(b, "198.51.100.2");
    try (var wire = Wire.at(right, "eth0")) {
      wire.awaitPing(a, b.v4);
      int initiations = wire.sent("192.0.2.1", Wire.INITIATION).size();
      int responses = wire.sent("198.51.100.2", Wire.RESPONSE).size();
      var ended = new HashSet<>(wire.sessions("192.0.2.1"));
      ended.addAll(wire.sessions("198.51.100.2"));
      var old = a.publicKey();
      a.changeKey();
      b.peer(a);
      b.wgWithKey("", "peer", old, "remove");
      await().atMost(PATIENCE).until(() -> a.pings(b.v4) && b.pings(a.v4));
      assertThat(b.show("endpoints")).isEqualTo("192.0.2.1:" + a.port);
      wire.awaitMore(Wire.from("198.51.100.2", Wire.RESPONSE), responses);
      // The one before the change was longer, and may have been confirmed after it.
      var pings = Wire.from("192.0.2.1", Wire.DATA).and(message -> message.payload().length == 128);
      wire.awaitAny(pings);
      assertThat(wire.messages(pings))
          .as("with the new key, not under sessions of the old one: %s", ended)
          .noneMatch(message -> ended.contains(message.session()));
      assertThat(wire.after(Wire.from("192.0.2.1", Wire.INITIATION), initiations))
          .as("after the first message of the new key: sessions of the old one are %s", ended)
          .noneMatch(message -> message.type() == Wire.DATA && ended.contains(message.session()));
      wire.assertNothingInClear(a, b);
    }
  }
}
