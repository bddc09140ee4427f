package dev.wiremesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Connectivity between nodes, and changes that disturb no session.
 *
 * <p>Takes a minute and a half: the operator is dead for one minute of it.
 */
@OnLab
class MeshTest {
  private static final Pattern PING_COUNTS =
      Pattern.compile("(\\d+) packets transmitted, (\\d+) received");

  private final Lab lab;
  private final MeshDriver scenario;

  MeshTest(Lab lab) {
    this.lab = lab;
    this.scenario = new MeshDriver(lab);
  }

  @Test
  void everyNodeReachesEveryOther() {
    scenario.meshIsComplete();

    assertThat(scenario.nodeAddresses()).hasSameSizeAs(lab.nodes());
    assertThat(lab.report().pings().stream().filter(ping -> ping.answered()))
        .hasSizeGreaterThanOrEqualTo(lab.nodes().size() * (lab.nodes().size() - 1));
  }

  @Test
  void fullResyncDisturbsNoSession() {
    scenario.meshIsComplete();
    var before = scenario.settledHandshakes();
    var addresses = scenario.nodeAddresses();

    // Everybody loses every watch and lists everything anew; the operator even its memory.
    var neighbour = scenario.addressOf("n2");
    lab.killApiServer();
    try {
      scenario.reaches(lab.machine("n1"), neighbour);
    } finally {
      lab.startApiServer();
    }
    lab.killOperator();
    lab.startOperator();
    touchNetwork();
    await()
        .atMost(MeshDriver.SOON)
        .until(() -> lab.report().operator().running() && networkIsObserved());
    scenario.meshIsComplete();

    assertThat(scenario.nodeAddresses()).isEqualTo(addresses);
    scenario.noSessionWasDisturbedSince(before);
  }

  @Test
  void operatorMayBeDeadForAMinuteAndNoPacketIsLost() {
    scenario.meshIsComplete();
    var target = scenario.addressOf("n2");
    var ping =
        CompletableFuture.supplyAsync(() ->
            Command.of("ping", "-n", "-i", "0.1", "-c", "620", "-W", "2", target)
                .through(lab.machine("n1").launcher())
                .withTimeout(Duration.ofSeconds(120))
                .run());

    lab.killOperator();
    CommandResult result;
    try {
      result = ping.join();
    } finally {
      lab.startOperator();
    }

    var counts = PING_COUNTS.matcher(result.output());
    assertThat(counts.find()).as(result.output()).isTrue();
    assertThat(Integer.parseInt(counts.group(1))).isGreaterThanOrEqualTo(600);
    assertThat(counts.group(2))
        .as("answers to %s pings", counts.group(1))
        .isEqualTo(counts.group(1));
  }

  private void touchNetwork() {
    lab.client()
        .resources(WireGuardNetwork.class)
        .withName(MeshDriver.NETWORK)
        .edit(network -> {
          network.getMetadata().getAnnotations().put("e2e", "touched");
          return network;
        });
  }

  private boolean networkIsObserved() {
    var network = lab.client().resources(WireGuardNetwork.class).withName(MeshDriver.NETWORK).get();
    return network.getStatus() != null
        && network.getStatus().conditions.stream()
            .anyMatch(condition ->
                condition.getType().equals("Ready") && condition.getStatus().equals("True"));
  }
}
