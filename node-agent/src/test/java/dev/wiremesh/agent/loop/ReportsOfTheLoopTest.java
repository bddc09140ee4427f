package dev.wiremesh.agent.loop;

import static dev.wiremesh.agent.loop.FakeObjects.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.bypass.BypassAddresses;
import dev.wiremesh.agent.watch.LocalNetworks.LeaseHolder;
import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.wireguard.device.DeviceEvent;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Causes and times of status writes. */
final class ReportsOfTheLoopTest {
  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;

  ReportsOfTheLoopTest(@TempDir Path folder) {
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
  }

  @Test
  void connectivityIsReportedOnTransitions() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    assertThat(world.peerReports).hasSize(1);
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.NEVER);

    agent.device().handshakes.put(key("laptop"), world.now());
    agent.device().events.accept(new DeviceEvent.HandshakeCompleted(key("laptop"), false, null));
    agent.step();
    assertThat(world.peerReports).hasSize(2);
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.CONNECTED);
    assertThat(agent.last().peers().connected()).isEqualTo(1);

    world.pass(Duration.ofSeconds(170));
    agent.step();
    assertThat(agent.last().peers().connected()).isEqualTo(1);
    world.pass(Duration.ofSeconds(10));
    agent.step();
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.STALE);
    assertThat(agent.last().peers().connected()).isZero();
  }

  @Test
  void nameServersBesideTheNodeAreReportedWhenTheyChange() {
    objects.network("home", 51900);
    world.bypassAddresses =
        new BypassAddresses(Set.of(), addresses("10.0.0.2", "127.0.0.53", "::1", "fd00::53"));
    agent.step();
    assertThat(agent.last().resolvers())
        .containsExactly(IpAddress.parse("10.0.0.2"), IpAddress.parse("fd00::53"));
    int written = world.nodeReports.size();
    world.pass(Duration.ofSeconds(5));
    agent.step();
    assertThat(world.nodeReports).hasSize(written);

    world.bypassAddresses = new BypassAddresses(Set.of(), addresses("10.0.0.3"));
    world.pass(Duration.ofSeconds(5));
    agent.step();
    assertThat(agent.last().resolvers()).containsExactly(IpAddress.parse("10.0.0.3"));
  }

  private static Set<IpAddress> addresses(String... texts) {
    return Stream.of(texts).map(IpAddress::parse).collect(Collectors.toSet());
  }

  @Test
  void suspendedPeerIsReportedOutAtOnce() {
    objects.network("home", 51900);
    var peer = objects.peer("home", "laptop", 1);
    var shown = new PeerStatus.Connectivity();
    shown.state = PeerStatus.State.CONNECTED;
    shown.gateway = "node-a";
    shown.lastHandshakeTime = world.now().toString();
    peer.getStatus().connectivity = shown;
    agent.step();
    peer.getSpec().suspended = true;
    objects.changed();
    agent.step();
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.STALE);
    assertThat(world.peerReports.getLast().session().obstacle())
        .isEqualTo("Peer default/laptop is suspended.");
  }

  @Test
  void recreatedMeshNodeGetsItsStatusAgain() {
    objects.network("home", 51900);
    agent.step();
    int before = world.nodeReports.size();
    var meshNode = Objects.requireNonNull(objects.meshNodes.get("home.node-a"));
    meshNode.getMetadata().setUid("another");
    objects.changed();
    agent.step();
    assertThat(world.nodeReports).hasSize(before + 1);
    meshNode.getStatus().publicKey = null;
    objects.changed();
    world.pass(Duration.ofSeconds(16));
    agent.step();
    assertThat(world.nodeReports).hasSize(before + 2);
  }

  @Test
  void gatewayRenewsOneLeaseForAllItsNetworks() {
    objects.network("home", 51900);
    objects.network("office", 51901);
    agent.step();
    agent.step();
    assertThat(world.renewals).containsExactly(new LeaseHolder("node-a", "", true));
    world.pass(Duration.ofSeconds(10));
    agent.step();
    assertThat(world.renewals).hasSize(2);
  }

  @Test
  void nodeThatIsNoGatewayRenewsItsLeaseHalfAsOften() {
    objects.network("home", 51900);
    objects.meshNode("home", "node-a", 1, false);
    agent.step();
    assertThat(world.renewals).containsExactly(new LeaseHolder("node-a", "", false));
    world.pass(Duration.ofSeconds(19));
    agent.step();
    assertThat(world.renewals).hasSize(1);
    world.pass(Duration.ofSeconds(1));
    agent.step();
    assertThat(world.renewals).hasSize(2);
  }

  @Test
  void nodeOfNoNetworkRenewsNoLease() {
    agent.step();
    assertThat(world.renewals).isEmpty();
  }

  @Test
  void agentSilentStatusIsTakenBackByTheAgent() {
    objects.network("home", 51900);
    agent.step();
    int before = world.nodeReports.size();
    var meshNode = Objects.requireNonNull(objects.meshNodes.get("home.node-a"));
    meshNode.getStatus().conditions =
        List.of(condition("Ready", "Unknown", "AgentSilent", "Silent."));
    objects.changed();
    world.pass(Duration.ofSeconds(15));
    agent.step();
    assertThat(world.nodeReports).hasSize(before + 1);
  }

  @Test
  void nodeThatIsNotProvisionedIsNotReadyForTheOperatorsReason() {
    objects.network("home", 51900);
    agent.step();
    assertThat(agent.last().sections().summary().reason()).isEqualTo(Reason.NODE_READY);
    var meshNode = Objects.requireNonNull(objects.meshNodes.get("home.node-a"));
    meshNode.getStatus().conditions =
        List.of(condition("Provisioned", "False", "RequestRefused", "Exceeded quota."));
    objects.changed();
    agent.step();
    assertThat(agent.last().sections().summary())
        .isEqualTo(
            ConditionDraft.of(Reason.NODE_REQUEST_REFUSED, "Exceeded quota.")
                .as(ConditionType.READY));
  }

  private static Condition condition(String type, String status, String reason, String message) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(reason)
        .withMessage(message)
        .withLastTransitionTime("2026-03-01T12:00:00Z")
        .build();
  }

  @Test
  void gatewayLostStatusIsTakenBackByTheAgent() {
    objects.network("home", 51900);
    var peer = objects.peer("home", "laptop", 1);
    agent.step();
    var shown = new PeerStatus.Connectivity();
    shown.state = PeerStatus.State.NEVER;
    shown.gateway = "node-a";
    peer.getStatus().connectivity = shown;
    objects.changed();
    world.pass(Duration.ofSeconds(16));
    agent.step();
    int before = world.peerReports.size();
    peer.getStatus().conditions =
        List.of(
            new ConditionBuilder()
                .withType("Connected")
                .withStatus("Unknown")
                .withReason("GatewayLost")
                .withLastTransitionTime("2026-03-01T12:00:00Z")
                .build());
    objects.changed();
    world.pass(Duration.ofSeconds(16));
    agent.step();
    assertThat(world.peerReports).hasSize(before + 1);
  }
}
