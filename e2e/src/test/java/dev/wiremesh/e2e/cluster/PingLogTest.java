package dev.wiremesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Loss and gaps of a steady ping, read from its output. */
class PingLogTest {
  private static final Duration INTERVAL = Duration.ofMillis(100);

  @Test
  void countsWhatIsMissingAndTheLongestRowOfIt() {
    var log = PingLog.parse("a", iputils(10, 1, 2, 6, 7, 8, 10), INTERVAL);
    assertThat(log.lost()).isEqualTo(4);
    assertThat(log.longestGap()).isEqualTo(Duration.ofMillis(300));
    assertThat(log).hasToString("a: 4 of 10 lost, at most 0.3 s at a stretch");
  }

  @Test
  void lastOneMayStillBeOnItsWay() {
    var log = PingLog.parse("a", iputils(4, 1, 2, 3), INTERVAL);
    assertThat(log.lost()).isZero();
    assertThat(log.longestGap()).isEqualTo(Duration.ZERO);
  }

  @Test
  void silenceAtTheEndIsAGap() {
    var log = PingLog.parse("a", iputils(20, 1, 2), INTERVAL);
    assertThat(log.lost()).isEqualTo(17);
    assertThat(log.longestGap()).isEqualTo(Duration.ofMillis(1700));
  }

  @Test
  void nothingAtAllIsAllLost() {
    assertThat(PingLog.parse("a", iputils(5), INTERVAL).lost()).isEqualTo(5);
  }

  @Test
  void duplicatesAndErrorsAreNoAnswers() {
    var text =
        """
        64 bytes from 10.70.0.3: icmp_seq=1 ttl=64 time=0.5 ms
        64 bytes from 10.70.0.3: icmp_seq=1 ttl=64 time=0.9 ms (DUP!)
        From 10.70.0.2 icmp_seq=2 Destination Host Unreachable
        64 bytes from 10.70.0.3: icmp_seq=3 ttl=64 time=0.5 ms
        3 packets transmitted, 2 received, +1 duplicates, +1 errors, 33% packet loss, time 200ms
        """;
    assertThat(PingLog.parse("a", text, INTERVAL).lost()).isEqualTo(1);
  }

  @Test
  void busyboxCountsFromZero() {
    var text =
        """
        64 bytes from 10.70.0.3: seq=0 ttl=64 time=0.5 ms
        64 bytes from 10.70.0.3: seq=3 ttl=64 time=0.5 ms
        --- 10.70.0.3 ping statistics ---
        4 packets transmitted, 2 packets received, 50% packet loss
        """;
    var log = PingLog.parse("a", text, INTERVAL);
    assertThat(log.lost()).isEqualTo(2);
    assertThat(log.longestGap()).isEqualTo(Duration.ofMillis(200));
  }

  @Test
  void pingThatSaidNothingIsAnError() {
    assertThatThrownBy(() -> PingLog.parse("a", "ping: unknown host", INTERVAL))
        .hasMessageContaining("unknown host");
  }

  private static String iputils(int sent, int... answered) {
    return IntStream.of(answered)
        .mapToObj("64 bytes from 10.70.0.3: icmp_seq=%d ttl=64 time=0.5 ms\n"::formatted)
        .collect(
            Collectors.joining(
                "", "", "%d packets transmitted, %d received".formatted(sent, answered.length)));
  }
}
