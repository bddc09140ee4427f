package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Capture;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Daemons whose wall clock is set back, and daemons with the protocol's times divided.
 *
 * <p>Takes a minute and more in sum: refused handshakes are retried every five seconds.
 */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "ss", "tcpdump", "wireguard-go"})
@Execution(ExecutionMode.CONCURRENT)
class ClockTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration HOUR_BACK = Duration.ofHours(-1);
  private static final String FROM_LEFT = "udp and src host 192.0.2.1 and ";
  private static final String FROM_RIGHT = "udp and src host 192.0.2.2 and ";
  private static final String INITIATION = "udp[8] == 1";
  private static final String RESPONSE = "udp[8] == 2";
  private static final Pattern SEQUENCE = Pattern.compile("icmp_seq=(\\d+) ttl");

  @AutoClose private final Hosts hosts = Hosts.forTest("wg");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @TempDir Path folder;

  private WallClock clock;

  @BeforeEach
  void cable() {
    clock = new WallClock(folder);
    TestUnderlay.cable(left, right);
  }

  @ParameterizedTest
  @EnumSource(
      value = Implementation.class,
      names = {"WIREMESH", "WIREGUARD_GO"})
  @Scenario("An initiator whose clock is set back an hour keeps completing handshakes")
  void clockSetBackWhileRunning(Implementation other) {
    try (var here = new Injected(folder, clock, 1)) {
      var a = new WgEnd(left, here, 1);
      var b = new WgEnd(right, other, 2);
      a.join(b, "192.0.2.2");
      try (var wire = Wire.at(right, "eth0")) {
        wire.awaitPing(a, b.v4);
        int begun = wire.sent("192.0.2.1", Wire.INITIATION).size();
        clock.set(HOUR_BACK);
        a.downAndUp();
        wire.awaitPing(a, b.v4);
        b.awaitPing(a.v4);
        var initiations = wire.sent("192.0.2.1", Wire.INITIATION);
        assertThat(wire.sent("192.0.2.2", Wire.RESPONSE))
            .as("answers to one of %s since", initiations.subList(begun, initiations.size()))
            .anyMatch(response -> initiations.stream().skip(begun).anyMatch(response::answers));
        wire.assertNothingInClear(a, b);
      }
    }
  }

  /** The reference takes its timestamps from its clock alone. */
  @Test
  @RequiresTool("go")
  @Scenario(
      "Initiations of a wireguard-go whose clock is set back an hour are refused as replays;"
          + " our initiation makes a session, and its own are answered again when its clock is"
          + " right")
  void clockOfTheReferenceSetBackWhileRunning() {
    var a = new WgEnd(left, new ClockedReference(clock, 1), 1);
    var b = new WgEnd(right, Implementation.WIREMESH, 2);
    a.join(b, "192.0.2.2");
    a.awaitPing(b.v4);
    clock.set(HOUR_BACK);
    try (var tried = right.capture("eth0", FROM_LEFT + INITIATION);
        var answered = right.capture("eth0", FROM_RIGHT + RESPONSE)) {
      forgetSession(a, b);
      refusedUntilTheOtherBegins(a, b, tried, answered);
      clock.set(Duration.ZERO);
      forgetSession(a, b);
      a.awaitPing(b.v4);
      await().atMost(PATIENCE).until(() -> !answered.packets().isEmpty());
      b.awaitPing(a.v4);
    }
  }

  /** The end must begin anew; wireguard-go does not take note of an interface that goes down. */
  private static void forgetSession(WgEnd end, WgEnd peer) {
    end.wgWithKey("", "peer", peer.publicKey(), "remove");
    end.peer(peer, "endpoint", "192.0.2.2:" + peer.port);
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource({"WIREMESH, WIREMESH", "WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH"})
  @RequiresTool("go")
  @Scenario(
      "An end that restarts with its clock an hour back is refused as a replay, and a"
          + " session comes up when the other end initiates")
  void clockSetBackOverARestart(Implementation restarted, Implementation other) {
    try (var ours = new Injected(folder, clock, 1)) {
      Maker here = restarted == Implementation.WIREMESH ? ours : new ClockedReference(clock, 1);
      var before = new WgEnd(left, here, 1);
      var b = new WgEnd(right, other, 2);
      before.peer(b, "endpoint", "192.0.2.2:" + b.port);
      b.peer(before);
      before.awaitPing(b.v4);
      left.ip("link", "del", WgEnd.INTERFACE);
      await().atMost(PATIENCE).until(before::isGone);

      clock.set(HOUR_BACK);
      try (var tried = right.capture("eth0", FROM_LEFT + INITIATION);
          var answered = right.capture("eth0", FROM_RIGHT + RESPONSE)) {
        var after = before.again(here);
        after.peer(b, "endpoint", "192.0.2.2:" + b.port);
        refusedUntilTheOtherBegins(after, b, tried, answered);
      }
    }
  }

  private static void refusedUntilTheOtherBegins(
      WgEnd back, WgEnd other, Capture tried, Capture answered) {
    await()
        .atMost(PATIENCE)
        .until(() -> {
          var unused = back.pings(other.v4); // the first ones may come before it is up
          return !tried.packets().isEmpty();
        });
    other.awaitPing(back.v4);
    back.awaitPing(other.v4);
    assertThat(answered.packets()).as("what is older than the last one").isEmpty();
  }

  /** Twenty times faster than the protocol says: 30 sessions, each for six seconds. */
  @Tag("long")
  @ParameterizedTest
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  @RequiresTool("go")
  @Scenario(
      "An hour of rekeys, with all times divided by 20, has one session after the other, no gap"
          + " in the traffic, and no nonce twice")
  void anHourOfRekeys(Implementation initiator, Implementation responder) {
    try (var ours = new Injected(folder, 20)) {
      var reference = new ClockedReference(clock, 20);
      var a = new WgEnd(left, initiator == Implementation.WIREMESH ? ours : reference, 1);
      var b = new WgEnd(right, responder == Implementation.WIREMESH ? ours : reference, 2);
      a.join(b, "192.0.2.2");
      a.awaitPing(b.v4);
      try (var wire = Wire.at(right, "eth0")) {
        var pings =
            left.command("ping", "-n", "-c1800", "-i0.1", "-W2", b.v4)
                .withTimeout(Duration.ofMinutes(8))
                .run()
                .output();
        var answered = new BitSet();
        SEQUENCE
            .matcher(pings)
            .results()
            .forEach(answer -> answered.set(Integer.parseInt(answer.group(1))));
        assertThat(answered.cardinality())
            .as("answers: fewer are lost than sessions follow each other")
            .isGreaterThan(1770);
        assertThat(longestGap(answered, 1800)).as("%s were answered", answered).isLessThan(30);
        var rekeys = new Rekeys(wire);
        for (var address : new String[] {"192.0.2.1", "192.0.2.2"}) {
          assertThat(wire.sessions(address)).as("sessions of %s", address).hasSizeBetween(20, 60);
          rekeys.assertOneSessionAfterTheOther(address);
          wire.assertNoNumberTwice(address);
        }
        rekeys.assertFollowed("192.0.2.1", "192.0.2.2");
        assertThat(rekeys.usualLife("192.0.2.1"))
            .as("two minutes, of which each second lasts 50 ms")
            .isBetween(Duration.ofMillis(5_500), Duration.ofMillis(7_500));
        wire.assertNothingInClear(a, b);
      }
    }
  }

  /** Of numbers from 1 on: how many are missing in a row. */
  private static int longestGap(BitSet set, int last) {
    int longest = 0;
    for (int from = set.nextClearBit(1); from <= last; ) {
      int next = set.nextSetBit(from);
      int to = next < 0 ? last + 1 : next;
      longest = Math.max(longest, to - from);
      from = set.nextClearBit(to);
    }
    return longest;
  }
}
