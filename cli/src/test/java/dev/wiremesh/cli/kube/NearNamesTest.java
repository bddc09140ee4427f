package dev.wiremesh.cli.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearNamesTest {
  @ParameterizedTest
  @CsvSource({
    "laptop, laptop, 0",
    "laptop, latpop, 1",
    "laptop, lapto, 1",
    "laptop, laptops, 1",
    "laptop, leptop, 1",
    "laptop, phone, 5",
    "'', abc, 3"
  })
  void distanceCountsSwapsAsOne(String one, String other, int distance) {
    assertThat(NearNames.distance(one, other)).isEqualTo(distance);
    assertThat(NearNames.distance(other, one)).isEqualTo(distance);
  }

  @Test
  void nearestThreeComeFirstAndFarOnesNotAtAll() {
    assertThat(
            NearNames.to(
                "laptop", List.of("phone", "laptop-2", "latpop", "leptops", "lapto", "laptop-3")))
        .containsExactly("lapto", "latpop", "laptop-2");
    assertThat(NearNames.to("x", List.of("phone"))).isEmpty();
  }
}
