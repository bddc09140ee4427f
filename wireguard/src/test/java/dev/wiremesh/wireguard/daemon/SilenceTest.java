package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Datagrams that must not be on the wire. */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "tcpdump", "python3", "wireguard-go"})
@Execution(ExecutionMode.CONCURRENT)
class SilenceTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Each length from 0 to 200, as each type of message, as no type, and with a bit too many. */
  private static final String NONSENSE =
      """
      import os, socket, time
      for family, address in (socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"):
          s = socket.socket(family, socket.SOCK_DGRAM)
          for length in range(201):
              for start in b"", *(bytes([t, 0, 0, 0]) for t in range(6)), b"\\1\\0\\0\\1":
                  s.sendto((start + os.urandom(200))[:length], (address, 50001))
              time.sleep(0.005)
      """;

  @AutoClose private final Hosts hosts = Hosts.forTest("wg");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @BeforeEach
  void cable() {
    left.connect("eth0", right, "eth0");
    left.address("eth0", "192.0.2.1/24");
    right.address("eth0", "192.0.2.2/24");
    left.address("eth0", "2001:db8::1/64");
    right.address("eth0", "2001:db8::2/64");
  }

  @Test
  @Scenario(
      "Datagrams of all lengths from 0 to 200 and all types, without our key, get no answer,"
          + " and an established session keeps working")
  void nonsense() {
    var a = new WgEnd(left, Implementation.WIREMESH, 1);
    var b = new WgEnd(right, Implementation.WIREGUARD_GO, 2);
    b.peer(a, "endpoint", "192.0.2.1:" + a.port);
    a.peer(b);
    b.awaitPing(a.v4);
    try (var toUs = left.capture("eth0", "udp and dst port 50001 and not src port 50002");
        var fromUs = left.capture("eth0", "udp and src port 50001 and not dst port 50002")) {
      right.command("python3", "-").withInput(NONSENSE).check();
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(toUs.packets().stream().map(SilenceTest::length))
                  .containsAll(IntStream.rangeClosed(0, 200).boxed().toList()));
      b.awaitPing(a.v4);
      assertThat(fromUs.packets()).isEmpty();
    }
    assertThat(left.ip("link", "show", WgEnd.INTERFACE)).contains("UP");
  }

  private static int length(String packet) {
    return Integer.parseInt(packet.substring(packet.lastIndexOf(' ') + 1));
  }

  @Test
  @Tag("long")
  @Scenario("An idle tunnel sends nothing after its last keepalive")
  void idleTunnel() {
    var a = new WgEnd(left, Implementation.WIREMESH, 1);
    var b = new WgEnd(right, Implementation.WIREMESH, 2);
    a.join(b, "192.0.2.2");
    a.awaitPing(b.v4);
    a.host.ip("address", "flush", "dev", WgEnd.INTERFACE);
    b.host.ip("address", "flush", "dev", WgEnd.INTERFACE);
    try (var all = left.capture("eth0", "udp")) {
      await().pollDelay(Duration.ofSeconds(30)).atMost(PATIENCE).until(() -> true);
      int soFar = all.packets().size();
      assertThat(soFar).as("keepalives of both").isLessThanOrEqualTo(4);
      // Past rekeying (120 s) and the end of the session (180 s).
      await().pollDelay(Duration.ofSeconds(170)).atMost(Duration.ofMinutes(5)).until(() -> true);
      assertThat(all.packets()).hasSize(soFar);
    }
  }
}
