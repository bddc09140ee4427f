package dev.wiremesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.control.ControlServer;
import dev.wiremesh.lab.torture.MeshInvariants;
import dev.wiremesh.lab.torture.Torture;
import dev.wiremesh.lab.torture.TortureOptions;
import dev.wiremesh.lab.torture.TortureReport;
import dev.wiremesh.lab.torture.TortureReport.Check;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A short {@code lab torture}.
 *
 * <p>Takes a minute: a storm of 15 seconds, and the time until killed agents are back.
 */
@OnLab
class TortureTest {
  private static final TortureOptions SHORT =
      new TortureOptions(
          Duration.ofSeconds(15),
          Long.getLong("storm.seed", 20260301L),
          40,
          1,
          Duration.ofSeconds(60));

  private final Lab lab;

  TortureTest(Lab lab) {
    this.lab = lab;
  }

  @Test
  void invariantsHoldAfterAStormAndNothingIsLeftOfIt() throws Exception {
    new MeshDriver(lab).meshIsComplete();
    TortureReport report;
    try (var _ = new ControlServer(lab);
        var torture =
            new Torture(
                new ControlClient(lab.folder()), lab.client(), SHORT, System.err::println)) {
      report = torture.run();
    }

    assertThat(report.checks()).filteredOn(check -> !check.holds()).isEmpty();
    assertThat(report.checks()).extracting(Check::invariant).hasSizeGreaterThan(6);
    assertThat(report.manifests().values().stream().mapToInt(Integer::intValue).sum())
        .isEqualTo(SHORT.manifests());
    assertThat(report.storm().get("kills of the operator")).isPositive();
    await()
        .atMost(MeshDriver.SOON)
        .untilAsserted(() -> {
          assertThat(leftovers()).isEmpty();
          assertThat(new MeshInvariants(lab.client(), "wiremesh-system").violations()).isEmpty();
        });
  }

  private List<String> leftovers() {
    var client = lab.client();
    var names = new ArrayList<String>();
    client
        .resources(Peer.class)
        .inAnyNamespace()
        .list()
        .getItems()
        .forEach(it -> names.add(it.getMetadata().getNamespace()));
    client
        .resources(WireGuardNetwork.class)
        .list()
        .getItems()
        .forEach(it -> names.add(it.getMetadata().getName()));
    client.nodes().list().getItems().forEach(it -> names.add(it.getMetadata().getName()));
    names.removeIf(name -> !name.startsWith("torture"));
    return names;
  }
}
