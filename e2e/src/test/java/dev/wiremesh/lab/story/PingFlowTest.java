package dev.wiremesh.lab.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The losses that are read from ping's output. */
class PingFlowTest {
  @Test
  void lateAnswerIsNoLossAndTheLongestGapIsBetweenTwoAnswers() {
    var lines =
        List.of(
            "PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.",
            "[100.0] no answer yet for icmp_seq=1",
            "[100.1] 64 bytes from 10.0.0.1: icmp_seq=2 ttl=63 time=1.0 ms",
            "[100.3] no answer yet for icmp_seq=3",
            "[100.4] no answer yet for icmp_seq=4",
            "[100.9] 64 bytes from 10.0.0.1: icmp_seq=4 ttl=63 time=600 ms",
            "[101.0] 64 bytes from 10.0.0.1: icmp_seq=5 ttl=63 time=1.0 ms");

    var losses = PingFlow.losses(lines);

    assertThat(losses.sent()).isEqualTo(4);
    assertThat(losses.lost()).isEqualTo(1);
    assertThat(losses.longestGapSeconds()).isCloseTo(0.8, within(1e-6));
  }

  @Test
  void flowWithoutAnswerHasAnEndlessGap() {
    assertThat(PingFlow.losses(List.of("[100.0] no answer yet for icmp_seq=1")))
        .isEqualTo(new PingFlow.Losses(0, 0, Double.POSITIVE_INFINITY));
  }
}
