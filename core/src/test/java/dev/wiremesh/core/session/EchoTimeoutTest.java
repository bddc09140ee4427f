package dev.wiremesh.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EchoTimeoutTest {
  @ParameterizedTest
  @CsvSource({
    "'',                      1000",
    "10,                      250",
    "100,                     300",
    "100 100 100 100 100 100, 250",
    "500,                     1000",
    "200 200 200 200,         368",
    "-1,                      1000",
    "100000,                  1000",
    "10 10 10 500,            569",
  })
  void timeoutFollowsFromTheRoundTrips(String millis, long expected) {
    var timeout = EchoTimeout.UNMEASURED;
    for (var one : Arrays.stream(millis.split(" ")).filter(it -> !it.isEmpty()).toList()) {
      timeout = timeout.measured(Duration.ofMillis(Long.parseLong(one)));
    }
    assertThat(timeout.duration().toMillis()).isEqualTo(expected);
  }
}
