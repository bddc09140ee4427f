package dev.wiremesh.wireguard.linux.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

class RouteGenerationTest {
  private static final long MILLISECOND = 1_000_000;

  private long now;
  private final RouteGeneration generation = new RouteGeneration(() -> now);

  @Test
  void changeAfterAQuietWhileIsSeenAtOnce() {
    int before = generation.current();
    generation.changed();
    int after = generation.current();
    assertThat(after).isNotEqualTo(before);
    now += 1000 * MILLISECOND;
    assertThat(generation.current()).isEqualTo(after);
    generation.changed();
    assertThat(generation.current()).isNotEqualTo(after);
  }

  @Test
  void manyChangesInARowAreSeenATenthOfASecondApartAndTheLastOneToo() {
    var seen = new HashSet<Integer>();
    for (int i = 0; i < 1000; i++) {
      generation.changed();
      seen.add(generation.current());
      now += MILLISECOND;
    }
    assertThat(seen).hasSizeBetween(10, 11);
    int duringTheChanges = generation.current();
    generation.changed();
    assertThat(generation.current()).as("too soon").isEqualTo(duringTheChanges);
    now += RouteGeneration.SPACING_NANOS;
    assertThat(generation.current()).as("the last change").isNotEqualTo(duringTheChanges);
  }
}
