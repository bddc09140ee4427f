package dev.wiremesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.contract.LeaseNames;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandResult;
import dev.wiremesh.testkit.process.OwnThread;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Connectivity between nodes, and changes that disturb no session.
 *
 * <p>Takes two minutes and a half: the operator is dead for one of them, and agents are silent for
 * the 45 s that it takes to call them so.
 */
@OnLab
class MeshTest {
  private static final Pattern PING_COUNTS =
      Pattern.compile("(\\d+) packets transmitted, (\\d+) received");

  /** The promise of the conditions: a node's agent is called silent, and is back, within these. */
  private static final Duration SILENT_WITHIN = Duration.ofSeconds(60);

  private static final Duration BACK_WITHIN = Duration.ofSeconds(15);

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

    // Agents and operator lose their watches and list everything anew; the operator restarts too.
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
        OwnThread.supply(() ->
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

  /** One agent hangs, one is gone: both nodes are told, counted, and back. */
  @Test
  void deadAgentsAreToldWithinAMinuteAndAreBackWithinSeconds() {
    scenario.meshIsComplete();
    await().atMost(MeshDriver.SOON).until(() -> networkShows("3/3"));
    lab.freezeAgent("n2");
    lab.killAgent("n3");
    try {
      await()
          .atMost(SILENT_WITHIN)
          .untilAsserted(() -> {
            for (var node : List.of("n2", "n3")) {
              assertThat(readyOf(node))
                  .as(node)
                  .extracting(Condition::getStatus, Condition::getReason)
                  .containsExactly("Unknown", "AgentSilent");
            }
            assertThat(readyOf("n1").getStatus()).isEqualTo("True");
            assertThat(networkShows("1/3")).as("1/3 in the column NODES").isTrue();
            var agentsReady = networkCondition("AgentsReady");
            assertThat(agentsReady.getReason()).isEqualTo("AgentSilent");
            assertThat(agentsReady.getMessage())
                .contains("1 of 3 nodes are programmed")
                .contains("n2 (since ")
                .contains("n3 (since ");
          });
    } finally {
      lab.thawAgent("n2");
    }
    try {
      await().atMost(BACK_WITHIN).until(() -> networkShows("2/3"));
      assertThat(readyOf("n2").getStatus()).isEqualTo("True");
      assertThat(networkCondition("AgentsReady").getMessage())
          .contains("n3 (since ")
          .doesNotContain("n2");
    } finally {
      var before = renewalOf("n3");
      lab.startAgent("n3");
      // The promise counts from the agent's first sign; a start takes as long as the machine needs.
      await().atMost(MeshDriver.SOON).until(() -> !renewalOf("n3").equals(before));
    }
    await().atMost(BACK_WITHIN).until(() -> networkShows("3/3"));
    assertThat(readyOf("n3").getStatus()).isEqualTo("True");
    assertThat(networkCondition("AgentsReady").getReason()).isEqualTo("AllReady");
    scenario.meshIsComplete();
  }

  private ZonedDateTime renewalOf(String node) {
    return lab.client()
        .leases()
        .inNamespace("wiremesh-system")
        .withName(LeaseNames.agent(node))
        .get()
        .getSpec()
        .getRenewTime();
  }

  private Condition readyOf(String node) {
    return condition(
        lab.client()
            .resources(MeshNode.class)
            .withName(MeshDriver.NETWORK + "." + node)
            .get()
            .getStatus()
            .conditions,
        "Ready");
  }

  private Condition networkCondition(String type) {
    return condition(network().getStatus().conditions, type);
  }

  private static Condition condition(List<Condition> conditions, String type) {
    return conditions.stream()
        .filter(condition -> condition.getType().equals(type))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no condition " + type));
  }

  private boolean networkShows(String nodes) {
    var counts = network().getStatus().nodes;
    return counts != null && nodes.equals(counts.summary);
  }

  private WireGuardNetwork network() {
    return lab.client().resources(WireGuardNetwork.class).withName(MeshDriver.NETWORK).get();
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
    var network = network();
    return network.getStatus() != null
        && network.getStatus().conditions.stream()
            .anyMatch(condition ->
                condition.getType().equals("Ready") && condition.getStatus().equals("True"));
  }
}
