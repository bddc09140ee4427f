package dev.wiremesh.api.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DurationTextTest {
  @Test
  void partsAddUp() {
    assertThat(DurationText.parse("25s")).isEqualTo(Duration.ofSeconds(25));
    assertThat(DurationText.parse("0s")).isEqualTo(Duration.ZERO);
    assertThat(DurationText.parse("1h30m")).isEqualTo(Duration.ofMinutes(90));
  }

  @Test
  void anyNumberOfDigitsIsRead() {
    assertThat(DurationText.parse("0000000025s")).isEqualTo(Duration.ofSeconds(25));
    assertThat(DurationText.parse("000000000000001h")).isEqualTo(Duration.ofHours(1));
    assertThat(DurationText.parse("9999999999h")).isEqualTo(DurationText.LONGEST);
    assertThat(DurationText.parse("99999999h99999m9s")).isEqualTo(DurationText.LONGEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "25", "s", "25x", "1h 30m", "-5s", "25s!"})
  void everythingElseIsRefused(String text) {
    assertThatThrownBy(() -> DurationText.parse(text)).hasMessageContaining("no duration");
  }
}
