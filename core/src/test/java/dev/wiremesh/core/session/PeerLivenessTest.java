package dev.wiremesh.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.session.PeerLiveness.Heard;
import dev.wiremesh.core.session.PeerLiveness.State;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeerLivenessTest {
  private static final long SECOND = 1_000_000_000L;

  /**
   * A letter a second: e for an answered echo request, p for another packet, a dot for silence, a
   * comma for ten seconds without a step.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "e                              | ALIVE",
        "p                              | ALIVE",
        ".                              | UNKNOWN",
        "........................       | UNKNOWN",
        ".........................      | DEAD",
        "e..                            | ALIVE",
        "e...                           | DEAD",
        "e..p..                         | ALIVE",
        "e.e..e..e                      | ALIVE",
        "p........................      | ALIVE",
        "p.........................     | DEAD",
        "p..........p..........p        | ALIVE",
        "e...e                          | DEAD",
        "e...ee                         | DEAD",
        "e...eee                        | ALIVE",
        "e...ppp                        | ALIVE",
        "e...ee.eee                     | ALIVE",
        "e...e.e.e.                     | DEAD",
        "e,.,.,.,.                      | ALIVE",
        "e,e                            | ALIVE",
        "p.........................p    | ALIVE",
      })
  void stateFollowsFromWhatIsHeard(String heard, State expected) {
    var liveness = PeerLiveness.begin(0);
    long now = 0;
    for (char one : heard.strip().toCharArray()) {
      if (one == ',') {
        now += 10 * SECOND;
        continue;
      }
      now += SECOND;
      liveness = liveness.step(new Heard(one == 'e', one == 'p'), now);
    }
    assertThat(liveness.state()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"0,30", "1,30", "2,60", "3,120", "4,240", "5,480", "6,600", "9,600"})
  void trustDoublesWithEachDeath(int deaths, int seconds) {
    var liveness = PeerLiveness.begin(0);
    long now = 0;
    for (int i = 0; i < deaths; i++) {
      for (char one : "eeee...".toCharArray()) {
        now += SECOND;
        liveness = liveness.step(new Heard(one == 'e', false), now);
      }
      assertThat(liveness.state()).isEqualTo(State.DEAD);
    }
    while (liveness.state() != State.ALIVE) {
      now += SECOND;
      liveness = liveness.step(new Heard(true, false), now);
    }
    assertThat(liveness.isStable(now + (seconds - 1) * SECOND)).isFalse();
    assertThat(liveness.isStable(now + seconds * SECOND)).isTrue();
  }
}
