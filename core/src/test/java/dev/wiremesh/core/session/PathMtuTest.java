package dev.wiremesh.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.session.PathMtu.Phase;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathMtuTest {
  private static final int INTERVAL = 60;

  @ParameterizedTest
  @CsvSource({
    "1440, 576, 1440, 1440",
    "1440, 576, 1500, 1440",
    "1440, 576, 1439, 1420",
    "1440, 1280, 1340, 1340",
    "1440, 1280, 1335, 1320",
    "1440, 1280, 1000, 1280",
    "1440, 576, 1000, 1000",
    "1440, 576, 300, 576",
    "8940, 576, 1440, 1420",
    "8940, 576, 8920, 8900",
    "1220, 576, 1220, 1220",
  })
  void limitIsTheLongestCandidateThatPasses(int ceiling, int floor, int passes, int limit) {
    var path = run(PathMtu.unknown(ceiling, floor), passes, 10);
    assertThat(path.limit()).isEqualTo(limit);
    assertThat(path.isLimited()).isEqualTo(limit < ceiling);
  }

  @Test
  void pathThatPassesEverythingIsAskedOnceAMinute() {
    var path = PathMtu.unknown(1440, 576);
    int requests = 0;
    for (int second = 0; second < 600; second++) {
      requests += path.lengths().size();
      path = path.step(answers(path, 1500), INTERVAL);
    }
    assertThat(requests).isBetween(18, 22);
  }

  @Test
  void unreachablePeerHasNoLimit() {
    assertThat(run(PathMtu.unknown(1440, 576), 0, 300).limit()).isEqualTo(1440);
  }

  @Test
  void pathThatGetsWorseIsLimitedWithinAMinuteAndABit() {
    var path = run(PathMtu.unknown(1440, 576), 1500, 10);
    assertThat(run(path, 1300, 75).limit()).isEqualTo(1300);
  }

  @Test
  void pathThatGetsBetterIsFoundAgain() {
    var path = run(PathMtu.unknown(1440, 576), 1300, 10);
    assertThat(run(path, 1500, 15 * 60).limit()).isEqualTo(1440);
  }

  @Test
  void smallAnswersAloneStartASearch() {
    var path = PathMtu.unknown(1440, 576);
    for (int second = 0; second < 4; second++) {
      assertThat(path.round().phase()).isEqualTo(Phase.CHECKING);
      path = path.step(Set.of(PathMtu.SMALL), INTERVAL);
    }
    assertThat(path.round().phase()).isEqualTo(Phase.SEARCHING);
  }

  /** Every third packet is lost: the limit, if any, is short-lived. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void lossIsNoBlackHole(long seed) {
    var random = new Random(seed);
    var path = PathMtu.unknown(1440, 576);
    int limited = 0;
    for (int second = 0; second < 20_000; second++) {
      var answered = answers(path, 1500);
      answered.removeIf(_ -> random.nextInt(3) == 0);
      path = path.step(answered, INTERVAL);
      limited += path.isLimited() ? 1 : 0;
      assertThat(path.limit()).isGreaterThanOrEqualTo(1300);
    }
    assertThat(limited).isLessThan(2_000);
  }

  private static PathMtu run(PathMtu path, int passes, int seconds) {
    var now = path;
    for (int second = 0; second < seconds; second++) {
      now = now.step(answers(now, passes), INTERVAL);
    }
    return now;
  }

  /** The lengths that pass, of those that are sent; answers come within the second. */
  private static Set<Integer> answers(PathMtu path, int passes) {
    var answered = new HashSet<>(path.lengths());
    answered.removeIf(length -> length > passes);
    return answered;
  }
}
