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
import java.util.List;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Preshared keys that come, change and go while a tunnel stands. */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "nft", "ss", "tcpdump", "wireguard-go"})
@Execution(ExecutionMode.CONCURRENT)
class PresharedKeyTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String NO_PRESHARED_KEY = "A".repeat(43) + "=";

  @AutoClose private final Hosts hosts = Hosts.forTest("wg");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @TempDir private Path folder;

  @BeforeEach
  void cable() {
    TestUnderlay.cable(left, right);
  }

  @ParameterizedTest
  @Scenario(
      "A preshared key added, changed and removed on both sides is used when the interface comes up"
          + " again")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREMESH, WIREMESH"})
  void betweenDownAndUp(Implementation here, Implementation there) {
    var a = new WgEnd(left, here, 1);
    var b = new WgEnd(right, there, 2);
    a.join(b, "192.0.2.2");
    a.awaitPing(b.v4);
    try (var wire = Wire.at(right, "eth0")) {
      for (var key :
          new String[] {WgEnd.newPresharedKey(), WgEnd.newPresharedKey(), NO_PRESHARED_KEY}) {
        presharedKey(a, b, key);
        presharedKey(b, a, key);
        int handshakes = wire.sent("192.0.2.1", Wire.INITIATION).size();
        a.downAndUp();
        a.awaitPing(b.v4);
        wire.awaitMore(Wire.from("192.0.2.1", Wire.INITIATION), handshakes);
      }
      presharedKey(b, a, WgEnd.newPresharedKey());
      // With different ones nothing passes, once the last session is gone.
      await()
          .atMost(PATIENCE)
          .until(() -> {
            a.downAndUp();
            return !a.pings(b.v4);
          });
      // The initiator cannot open the response, so it sends no packet after it.
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(afterTheLastInitiation(wire)).isNotEmpty());
      assertThat(a.pings(b.v4)).isFalse();
      assertThat(afterTheLastInitiation(wire))
          .noneMatch(message -> message.isFrom("192.0.2.1") && message.type() == Wire.DATA);
      wire.assertNothingInClear(a, b);
    }
  }

  /** The next handshake is started by unanswered data; no end is reset. */
  @Tag("long")
  @ParameterizedTest
  @Scenario(
      "A preshared key added, changed and removed on both sides of a live tunnel leaves its session"
          + " alone and is used from the next handshake on")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void live(Implementation here, Implementation there) {
    var a = new WgEnd(left, here, 1);
    var b = new WgEnd(right, there, 2);
    a.join(b, "192.0.2.2");
    try (var wire = Wire.at(left, "eth0")) {
      wire.awaitPing(a, b.v4);
      for (var key :
          new String[] {WgEnd.newPresharedKey(), WgEnd.newPresharedKey(), NO_PRESHARED_KEY}) {
        var before = a.show("latest-handshakes");
        presharedKey(a, b, key);
        presharedKey(b, a, key);
        var session = wire.sessions("192.0.2.1").getLast();
        int soFar = wire.messages().size();
        wire.awaitPing(a, b.v4);
        assertThat(wire.messages().stream().skip(soFar))
            .as("the session goes on")
            .allMatch(message -> message.type() == Wire.DATA)
            .filteredOn(message -> message.isFrom("192.0.2.1"))
            .allMatch(message -> message.session() == session);
        whileDataIsNotAnswered(
            b.v4, () -> assertThat(a.show("latest-handshakes")).isNotEqualTo(before));
        wire.awaitPing(a, b.v4);
      }
      presharedKey(b, a, WgEnd.newPresharedKey());
      var last = a.show("latest-handshakes");
      var sessions = wire.sessions("192.0.2.1");
      int answered = wire.sent("192.0.2.2", Wire.RESPONSE).size();
      // The responder with another preshared key answers, but its response cannot be opened.
      whileDataIsNotAnswered(
          b.v4,
          () -> assertThat(wire.sent("192.0.2.2", Wire.RESPONSE)).hasSizeGreaterThan(answered + 1));
      assertThat(a.show("latest-handshakes")).isEqualTo(last);
      assertThat(wire.sessions("192.0.2.1")).as("none by what it cannot read").isEqualTo(sessions);
      wire.assertNothingInClear(a, b);
    }
  }

  private static void presharedKey(WgEnd of, WgEnd with, String key) {
    of.wgWithKey(key, "peer", with.publicKey(), "preshared-key", "/dev/stdin");
  }

  /**
   * Handshakes pass both ways, data only from left to right: after 15 s that calls for a new one.
   */
  private void whileDataIsNotAnswered(String address, ThrowingRunnable seen) {
    TestUnderlay.drop(left, "udp dport 50001 @th,64,8 4");
    try (var flow = TestUnderlay.flow(left, address, folder)) {
      await().atMost(PATIENCE).alias(flow.name()).untilAsserted(seen);
    }
    TestUnderlay.dropNothing(left);
  }

  private static List<Wire.Message> afterTheLastInitiation(Wire wire) {
    var messages = wire.messages();
    int last = messages.size() - 1;
    while (last >= 0 && messages.get(last).type() != Wire.INITIATION) {
      last--;
    }
    return messages.subList(last + 1, messages.size());
  }
}
