package dev.wiremesh.lab.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class KubeletTest {
  @Test
  void timestampsHaveTheirSecondsAlsoAtAFullMinute() {
    assertThat(Kubelet.timestamp(Instant.parse("2026-11-22T23:02:00.734Z")))
        .isEqualTo("2026-11-22T23:02:00Z");
    assertThat(Kubelet.timestamp(Instant.parse("2026-11-22T23:02:07Z")))
        .isEqualTo("2026-11-22T23:02:07Z");
  }
}
