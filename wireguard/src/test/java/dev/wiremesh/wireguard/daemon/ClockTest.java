package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Wall clocks that are set, and an hour that passes in minutes. */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "ss", "tcpdump", "wireguard-go"})
class ClockTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration HOUR_BACK = Duration.ofHours(-1);

  @AutoClose private final Hosts hosts = Hosts.forTest("wg");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @TempDir Path folder;

  @BeforeEach
  void cable() {
    left.connect("eth0", right, "eth0");
    left.address("eth0", "192.0.2.1/24");
    right.address("eth0", "192.0.2.2/24");
  }

  @ParameterizedTest
  @EnumSource(
      value = Implementation.class,
      names = {"WIREMESH", "WIREGUARD_GO"})
  @Scenario("Whoever begins handshakes goes on doing so when its clock is set back an hour")
  void clockSetBackWhileRunning(Implementation other) {
    try (var here = new Injected(folder, 1)) {
      var a = new WgEnd(left, here, 1);
      var b = new WgEnd(right, other, 2);
      a.peer(b, "endpoint", "192.0.2.2:" + b.port);
      b.peer(a);
      a.awaitPing(b.v4);
      here.setClock(HOUR_BACK);
      a.downAndUp();
      a.awaitPing(b.v4);
      b.awaitPing(a.v4);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Implementation.class,
      names = {"WIREMESH", "WIREGUARD_GO"})
  @Scenario(
      "Whoever restarts with its clock an hour back is refused as a replay, and met when the other"
          + " end begins")
  void clockSetBackOverARestart(Implementation other) {
    try (var here = new Injected(folder, 1)) {
      var before = new WgEnd(left, here, 1);
      var b = new WgEnd(right, other, 2);
      before.peer(b, "endpoint", "192.0.2.2:" + b.port);
      b.peer(before);
      before.awaitPing(b.v4);
      left.ip("link", "del", WgEnd.INTERFACE);
      await().atMost(PATIENCE).until(before::isGone);

      here.setClock(HOUR_BACK);
      try (var tried = right.capture("eth0", "udp and src host 192.0.2.1 and udp[8] == 1");
          var answered = right.capture("eth0", "udp and src host 192.0.2.2 and udp[8] == 2")) {
        var after = before.again(here);
        after.peer(b, "endpoint", "192.0.2.2:" + b.port);
        var unused = after.pings(b.v4);
        await().atMost(PATIENCE).until(() -> !tried.packets().isEmpty());
        b.awaitPing(after.v4);
        after.awaitPing(b.v4);
        assertThat(answered.packets()).as("what is older than the last one").isEmpty();
      }
    }
  }

  /** Twenty times faster than the protocol says: 30 sessions, each for six seconds. */
  @Test
  @Tag("long")
  @Scenario(
      "An hour of rekeys, with all times a twentieth: one session after the other, no silence")
  void anHourOfRekeys() {
    try (var here = new Injected(folder.resolve("."), 20);
        var there = new Injected(folder.resolve("."), 20)) {
      var a = new WgEnd(left, here, 1);
      var b = new WgEnd(right, there, 2);
      a.peer(b, "endpoint", "192.0.2.2:" + b.port);
      b.peer(a);
      a.awaitPing(b.v4);
      try (var handshakes = right.capture("eth0", "udp and udp[8] == 2")) {
        var pings =
            left.command("ping", "-nq", "-c1800", "-i0.1", "-W2", b.v4)
                .withTimeout(Duration.ofMinutes(8))
                .run()
                .output();
        var received = Pattern.compile("(\\d+) received").matcher(pings);
        assertThat(received.find()).as(pings).isTrue();
        assertThat(Integer.parseInt(received.group(1))).as(pings).isGreaterThan(1700);
        assertThat(handshakes.packets()).hasSizeBetween(20, 60);
      }
    }
  }
}
