package dev.wiremesh.wireguard.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Tai64nTest {
  @Test
  void isBigEndianFromItsOwnBase() {
    var timestamp = Tai64n.of(Instant.ofEpochSecond(1));
    assertThat(HexFormat.of().formatHex(timestamp.toBytes())).isEqualTo("400000000000000b00000000");
    assertThat(Tai64n.parse(timestamp.toBytes())).isEqualTo(timestamp);
  }

  @Test
  void nanosecondsAreWhitened() {
    var moment = Instant.parse("2026-01-01T00:00:00.999999999Z");
    assertThat(Tai64n.of(moment).nanos() & 0xffffff).isZero();
    assertThat(Tai64n.of(moment)).isEqualTo(Tai64n.of(moment.minusNanos(1000)));
  }

  @Test
  void laterMomentsAreGreater() {
    var now = Instant.parse("2026-01-01T00:00:00.5Z");
    assertThat(Tai64n.of(now.plus(Duration.ofMillis(20)))).isGreaterThan(Tai64n.of(now));
    assertThat(Tai64n.of(now.plusSeconds(1))).isGreaterThan(Tai64n.of(now));
    assertThat(Tai64n.of(Instant.EPOCH.minusSeconds(5))).isLessThan(Tai64n.of(Instant.EPOCH));
  }
}
