package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.process.CommandResult;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Our daemon and wireguard-go at the two ends of a cable, configured by {@code wg}.
 *
 * <p>Takes a minute and more in sum: a daemon or two of each implementation for each pair.
 */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "nft", "python3", "tcpdump", "wireguard-go"})
@Execution(ExecutionMode.CONCURRENT)
class InteropTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Runs a program for which socket(2) has one family less: a filter of system calls. */
  private static final String WITHOUT_FAMILY =
      """
      import ctypes, os, platform, struct, sys
      EAFNOSUPPORT, ALLOW, REFUSE = 97, 0x7fff0000, 0x00050000
      LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
      SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]
      program = b"".join(struct.pack("HBBI", *step) for step in (
          (LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 3, SOCKET),
          (LOAD, 0, 0, 16), (JUMP_IF_EQUAL, 0, 1, int(sys.argv[1])),
          (RETURN, 0, 0, REFUSE | EAFNOSUPPORT), (RETURN, 0, 0, ALLOW)))
      steps = ctypes.create_string_buffer(program, len(program))
      filter = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(steps))
      prctl = ctypes.CDLL(None, use_errno=True).prctl
      PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
      if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(
              PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0, 0):
          sys.exit("seccomp: " + os.strerror(ctypes.get_errno()))
      os.execv(sys.argv[2], sys.argv[2:])
      """;

  @AutoClose private final Hosts hosts = Hosts.forTest("lx");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @ParameterizedTest
  @CsvSource({
    "WIREMESH, WIREGUARD_GO, 192.0.2.2",
    "WIREMESH, WIREGUARD_GO, [2001:db8::2]",
    "WIREGUARD_GO, WIREMESH, 192.0.2.2",
    "WIREGUARD_GO, WIREMESH, [2001:db8::2]",
    "WIREMESH, WIREMESH, 192.0.2.2",
    "WIREMESH_INHERITING, WIREGUARD_GO, 192.0.2.2",
  })
  @Scenario("Both families pass inside and outside, from either initiator, with a preshared key")
  void bothFamiliesPassFromEitherInitiator(
      Implementation initiator, Implementation responder, String address) {
    TestUnderlay.cable(left, right);
    var a = new WgEnd(left, initiator, 1);
    var b = new WgEnd(right, responder, 2);
    var presharedKey = WgEnd.newPresharedKey();
    try (var wire = Wire.at(right, "eth0")) {
      // Only one knows where the other is; the other learns it.
      a.join(b, address);
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
      var near = address.startsWith("[") ? "2001:db8::1" : "192.0.2.1";
      var far = address.startsWith("[") ? "2001:db8::2" : "192.0.2.2";
      wire.awaitAny(Wire.from(near, Wire.DATA));
      assertThat(wire.messages())
          .allMatch(message -> message.isFrom(near) || message.isFrom(far))
          .first()
          .matches(Wire.from(near, Wire.INITIATION));
      assertThat(wire.messages(message -> message.type() == Wire.DATA))
          .as("data: the responder waits for the initiator's first packet")
          .first()
          .matches(message -> message.isFrom(near));
      wire.assertNothingInClear(a, b);
    }
  }

  @Test
  @Scenario("Peers with different preshared keys exchange no data")
  void aWrongPresharedKeyLetsNothingPass() {
    TestUnderlay.cable(left, right);
    var a = new WgEnd(left, Implementation.WIREMESH, 1);
    var b = new WgEnd(right, Implementation.WIREGUARD_GO, 2);
    a.join(b, "192.0.2.2");
    a.wgWithKey(WgEnd.newPresharedKey(), "peer", b.publicKey(), "preshared-key", "/dev/stdin");
    try (var wire = Wire.at(right, "eth0")) {
      assertThat(a.pings(b.v4)).isFalse();
      wire.awaitAny(Wire.from("192.0.2.2", Wire.RESPONSE));
      assertThat(a.pings(b.v4)).isFalse();
      assertThat(a.show("latest-handshakes")).isEqualTo("0");
      assertThat(wire.messages()).noneMatch(message -> message.type() == Wire.DATA);
      wire.assertNothingInClear(a, b);
    }
  }

  @ParameterizedTest
  @EnumSource
  @Scenario("Packets of 31 kB pass, with fragments on the underlay")
  void aMessageOfMaximalSizePassesInFragments(Implementation responder) {
    TestUnderlay.cable(left, right);
    var a = new WgEnd(left, Implementation.WIREMESH, 1);
    var b = new WgEnd(right, responder, 2);
    a.join(b, "192.0.2.2");
    left.mtu("wg0", 32_000);
    right.mtu("wg0", 32_000);
    try (var wire = Wire.at(right, "eth0")) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(left.command("ping", "-n", "-c1", "-W1", "-s", "31000", b.v4).run())
                  .matches(result -> result.succeeded()));
      for (var address : new String[] {"192.0.2.1", "192.0.2.2"}) {
        wire.awaitAny(message -> message.isFrom(address) && message.fragment());
      }
      assertThat(wire.packetSizes()).allMatch(bytes -> bytes <= 1500);
      assertThat(wire.messages(message -> message.isFrom("192.0.2.1")))
          .allMatch(Wire.Message::mayBeCut);
      wire.assertNothingInClear(a, b);
    }
  }

  /** With its own 32 bytes it is what UDP can carry over each family, and an MTU of that. */
  @Tag("long")
  @ParameterizedTest
  @CsvSource({
    "WIREMESH, WIREGUARD_GO, 192.0.2.2, 65475",
    "WIREGUARD_GO, WIREMESH, 192.0.2.2, 65475",
    "WIREMESH, WIREMESH, 192.0.2.2, 65475",
    "WIREMESH, WIREMESH, [2001:db8::2], 65495",
  })
  @Scenario(
      "The longest packets that UDP can carry pass whole, with both families inside; longer"
          + " ones are lost without harm")
  void theLongestPacketsOfAll(
      Implementation here, Implementation there, String address, int longest) {
    TestUnderlay.cable(left, right);
    var a = new WgEnd(left, here, 1);
    var b = new WgEnd(right, there, 2);
    a.join(b, address);
    a.awaitPing(b.v4);
    for (var end : new WgEnd[] {a, b}) {
      end.host.mtu(WgEnd.INTERFACE, longest);
    }
    try (var wire = Wire.at(right, "eth0")) {
      awaitWholePing(a, b.v4, longest - 28);
      awaitWholePing(b, a.v4, longest - 28);
      awaitWholePing(a, b.v6, longest - 48);
      wire.awaitAny(message -> message.type() == Wire.DATA && message.fragment());
      assertThat(wire.packetSizes()).allMatch(bytes -> bytes <= 1500);
      wire.assertNothingInClear(a, b);
    }
    if (here == Implementation.WIREMESH) {
      left.mtu(WgEnd.INTERFACE, 65_535);
      assertThat(left.command("ping", "-nc1", "-W1", "-Mdo", "-s65507", b.v4).run().succeeded())
          .isFalse();
      a.awaitPing(b.v4);
      // With padding, which the MTU does not limit any more.
      awaitWholePing(a, b.v4, longest - 28 - 16);
    }
  }

  /** Not in fragments inside; the first ones may come before the other end knows of its MTU. */
  private static void awaitWholePing(WgEnd from, String address, int bytes) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    from.host.command("ping", "-nc1", "-W5", "-Mdo", "-s" + bytes, address).run())
                .matches(CommandResult::succeeded));
  }

  /** As where the kernel was built without it: not even a socket can be made. */
  @ParameterizedTest
  @CsvSource({"10, 192.0.2.2, -6", "2, [2001:db8::2], -4"})
  @Scenario("The daemon works on a kernel with only one of IPv4 and IPv6")
  void oneFamilyIsEnough(int missing, String address, String family) {
    TestUnderlay.cable(left, right);
    Maker maker =
        (host, name) ->
            host.command(
                    "python3",
                    "-c",
                    WITHOUT_FAMILY,
                    Integer.toString(missing),
                    Installation.bin("wiremesh"),
                    "wg",
                    name)
                .check();
    var a = new WgEnd(left, maker, 1);
    var b = new WgEnd(right, Implementation.WIREGUARD_GO, 2);
    a.join(b, address);
    a.awaitPing(b.v4);
    a.awaitPing(b.v6);
    b.awaitPing(a.v4);
    assertThat(left.exec("ss", "-Hlun", "sport = :" + a.port).lines()).hasSize(1);
    assertThat(left.exec("ss", "-Hlun", family, "sport = :" + a.port)).isEmpty();
    // Packets to an unreachable endpoint are lost, and both daemons go on.
    a.wgWithKey("", "peer", b.publicKey(), "endpoint", other(address) + ":" + b.port);
    assertThat(a.pings(b.v4)).isFalse();
    a.wgWithKey("", "peer", b.publicKey(), "endpoint", address + ":" + b.port);
    a.awaitPing(b.v4);
  }

  private static String other(String address) {
    return address.startsWith("[") ? "192.0.2.2" : "[2001:db8::2]";
  }

  /** The router forgets a flow after two silent seconds; the keepalive holds it open. */
  @Tag("long")
  @ParameterizedTest
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  @Scenario("A keepalive keeps the flow of a NAT that forgets after two seconds")
  void aKeepaliveHoldsTheWayThroughANatOpen(Implementation inside, Implementation outside) {
    var router = hosts.create("router");
    TestUnderlay.routed(left, router, right);
    router.masquerade("right");
    TestUnderlay.noWayBut(router, right, 2);
    var a = new WgEnd(left, inside, 1);
    var b = new WgEnd(right, outside, 2);
    b.peer(a);
    a.peer(b, "endpoint", "198.51.100.2:" + b.port, "persistent-keepalive", "1");

    await().atMost(PATIENCE).until(() -> !b.show("latest-handshakes").equals("0"));
    assertThat(b.show("endpoints")).startsWith("198.51.100.254:");
    long since = System.nanoTime();
    try (var wire = Wire.at(right, "eth0")) {
      // From outside in, after several times the lifetime of the router's mapping.
      var answers =
          right.command("ping", "-n", "-c", "3", "-i", "4", "-W", "2", a.v4).run().output();
      assertThat(answers).contains("3 received");
      wire.awaitMore(message -> message.isKeepalive() && message.isFrom("198.51.100.254"), 3);
      assertThat(wire.messages(message -> !message.isFrom("198.51.100.2")))
          .as("what leaves the NAT, by one port")
          .allMatch(message -> message.source().equals(b.show("endpoints")));
      var keepalives = wire.messages(Wire.Message::isKeepalive);
      long seconds = Duration.ofNanos(System.nanoTime() - since).toSeconds();
      assertThat(keepalives).as("in %d s", seconds).hasSizeLessThan((int) seconds + 3);
      wire.assertNothingInClear(a, b);
    }
  }

  /** Longer than a session may live: without the rekey after two minutes there would be silence. */
  @ParameterizedTest
  @Tag("long")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  @Scenario("A flow loses no packet over the rekeys of three minutes with the real constants")
  void aRekeyLosesNoPacket(Implementation initiator, Implementation responder) {
    TestUnderlay.cable(left, right);
    var a = new WgEnd(left, initiator, 1);
    var b = new WgEnd(right, responder, 2);
    a.join(b, "192.0.2.2");
    await().atMost(Duration.ofSeconds(60)).until(() -> a.pings(b.v4));
    var first = a.show("latest-handshakes");

    try (var wire = Wire.at(right, "eth0")) {
      var pings =
          left.command("ping", "-n", "-q", "-i", "0.2", "-c", "950", "-W", "2", b.v4)
              .withTimeout(Duration.ofMinutes(8))
              .check();
      assertThat(pings).contains("950 received").contains(" 0% packet loss");
      assertThat(a.show("latest-handshakes")).isNotEqualTo(first);
      assertThat(b.show("latest-handshakes")).isNotEqualTo(first);
      var rekeys = new Rekeys(wire);
      for (var address : new String[] {"192.0.2.1", "192.0.2.2"}) {
        assertThat(wire.sessions(address)).as("sessions of %s", address).hasSizeGreaterThan(1);
        rekeys.assertOneSessionAfterTheOther(address);
        wire.assertNoNumberTwice(address);
      }
      rekeys.assertFollowed("192.0.2.1", "192.0.2.2");
      wire.assertNothingInClear(a, b);
    }
  }
}
