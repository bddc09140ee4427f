package dev.wiremesh.lab.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WgShowTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  // As `wg show wg-home dump` prints it: the interface's own line, then one a peer.
  private static final String DUMP =
      """
      (none)\towner=\t51900\t0x57
      alpha=\t(none)\t10.88.0.12:51900\t10.70.0.3/32\t1799999958\t1048\t1364\t25
      beta=\t(none)\t(none)\t10.70.0.1/32\t0\t0\t0\toff
      """;

  @Test
  void peersAreReadAndTheirKeysNamed() {
    var sessions = WgShow.sessions(DUMP, Map.of("alpha=", "n2"), NOW);

    assertThat(sessions)
        .containsExactly(
            new MeshReport.Session("alpha=", "n2", "10.88.0.12:51900", 42L, 1048, 1364),
            new MeshReport.Session("beta=", null, null, null, 0, 0));
  }

  @Test
  void interfaceWithoutPeersHasNoSessions() {
    assertThat(WgShow.sessions("(none)\towner=\t51900\toff", Map.of(), NOW)).isEmpty();
  }
}
