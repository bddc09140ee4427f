package dev.wiremesh.wireguard.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayWindowTest {
  private static final long SIZE = ReplayWindow.SIZE;

  private final ReplayWindow window = new ReplayWindow();

  @Test
  void eachCounterIsAcceptedOnceInAnyOrder() {
    for (long counter : new long[] {0, 1, 9, 8, 7, 2}) {
      assertThat(window.accept(counter)).as("first %d", counter).isTrue();
      assertThat(window.accept(counter)).as("second %d", counter).isFalse();
    }
    assertThat(window.next()).isEqualTo(10);
  }

  @Test
  void oldestCounterInTheWindowIsAcceptedAndTheOneBeforeIsNot() {
    assertThat(window.accept(4 * SIZE)).isTrue();
    assertThat(window.accept(3 * SIZE)).isTrue();
    assertThat(window.accept(3 * SIZE - 1)).isFalse();
    assertThat(window.accept(3 * SIZE)).isFalse();
  }

  @Test
  void seenCountersStaySeenWhenTheWindowMoves() {
    for (long counter = 0; counter <= SIZE; counter++) {
      assertThat(window.accept(counter)).isTrue();
    }
    assertThat(window.accept(SIZE + 1)).isTrue();
    for (long counter = 0; counter <= SIZE + 1; counter++) {
      assertThat(window.accept(counter)).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "63", "64", "65", "8127", "8128", "8129", "8191", "8192", "8193", "1000000"})
  void jumpForgetsNothingInsideTheWindow(long jump) {
    assertThat(window.accept(5)).isTrue();
    assertThat(window.accept(5 + jump)).isTrue();
    assertThat(window.accept(5 + jump)).isFalse();
    assertThat(window.accept(5)).isFalse();
    assertThat(window.accept(4)).isEqualTo(jump + 1 <= SIZE);
    assertThat(window.accept(4 + jump)).isEqualTo(jump > 1);
  }

  @Test
  void countersAreUnsigned() {
    long highest = -1L - (1L << 13) - 1;
    assertThat(window.accept(highest)).isTrue();
    assertThat(window.accept(highest)).isFalse();
    assertThat(window.accept(highest - 1)).isTrue();
    assertThat(window.accept(highest - SIZE)).isTrue();
    assertThat(window.accept(highest - SIZE - 1)).isFalse();
    assertThat(window.accept(0)).isFalse();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void agreesWithASetOfAllThatWasSeen(long seed) {
    var random = new Random(seed);
    Set<Long> seen = new HashSet<>();
    long highest = -1;
    for (int i = 0; i < 50_000; i++) {
      long around = highest + random.nextInt(100);
      long counter =
          Math.max(0, random.nextInt(10) == 0 ? around - random.nextInt(20_000) : around - 50);
      if (random.nextInt(2000) == 0) {
        counter = highest + random.nextInt(20_000);
      }
      boolean expected = counter >= 0 && highest - counter <= SIZE && seen.add(counter);
      assertThat(window.accept(counter))
          .as("seed %d, counter %d", seed, counter)
          .isEqualTo(expected);
      highest = Math.max(highest, counter);
    }
  }
}
