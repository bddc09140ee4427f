package dev.wiremesh.agent.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.liveness.ProbeRound;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.PublishedRoutes;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.Topology;
import dev.wiremesh.core.view.CreationOrder;
import dev.wiremesh.core.view.DeviceParameters;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.Mtu;
import dev.wiremesh.core.view.NetworkView;
import dev.wiremesh.core.view.NodeEndpoint;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A spoke and its gateways, second by second. */
class RelayLivenessTest {
  private static final long SECOND = 1_000_000_000L;
  private static final ProbeRound NOTHING = new ProbeRound(true, List.of(), new MonotonicTime(0));
  private static final IpAddress HUB_1 = IpAddress.parse("10.70.0.1");
  private static final IpAddress HUB_2 = IpAddress.parse("10.70.0.2");

  private static final List<NodeView> HUBS =
      List.of(
          node("hub-1", 1, true),
          node("hub-2", 2, true),
          node("spoke-1", 3, false),
          node("spoke-2", 4, false));

  private final AtomicLong tokens = new AtomicLong();
  private final RelayLiveness relays = new RelayLiveness("home", tokens::incrementAndGet);
  private final List<EchoRequest> sent = new ArrayList<>();
  private long second;

  @Test
  void gatewayThatDoesNotAnswerForThreeSecondsIsDeadUntilItAnswersAgain() {
    seconds(5, HUB_1, HUB_2);
    assertThat(relays.dead()).isEmpty();
    seconds(4, HUB_2);
    assertThat(relays.dead()).containsExactly("hub-1");
    seconds(10, HUB_2);
    assertThat(relays.dead()).containsExactly("hub-1");
    seconds(4, HUB_1, HUB_2);
    assertThat(relays.dead()).isEmpty();
  }

  @Test
  void gatewayWithoutASubstituteIsNotAsked() {
    var alone = plan(List.of(node("hub-1", 1, true), node("spoke-1", 3, false)), Set.of());
    relays.step(alone, NOTHING, sent::addAll);
    assertThat(sent).isEmpty();
    assertThat(RelayLiveness.replaceable(alone)).isEmpty();
  }

  @Test
  void gatewayThatLeavesTheNetworkIsNotDead() {
    seconds(5, HUB_1, HUB_2);
    seconds(4, HUB_2);
    relays.step(
        plan(List.of(node("hub-2", 2, true), node("spoke-1", 3, false)), Set.of()),
        NOTHING,
        sent::addAll);
    assertThat(relays.dead()).isEmpty();
  }

  @Test
  void onlyGatewaysThatRelayAreReplaceable() {
    assertThat(RelayLiveness.replaceable(hubs())).isEqualTo(Set.of("hub-1", "hub-2"));
  }

  /** Lets time pass; these addresses answer. */
  private void seconds(int count, IpAddress... answering) {
    for (int i = 0; i < count; i++) {
      var now = new MonotonicTime(second * SECOND);
      var replies =
          sent.stream()
              .filter(request -> Arrays.asList(answering).contains(request.to()))
              .map(request -> new EchoReply(request.to(), request.token(), now.nanos()))
              .toList();
      sent.clear();
      second++;
      var round = new ProbeRound(true, replies, new MonotonicTime(second * SECOND));
      relays.step(planned(), round, sent::addAll);
    }
  }

  /** The plan without the gateways that are dead, as the agent makes it. */
  private NodePlan planned() {
    return plan(HUBS, relays.dead());
  }

  private static NodePlan hubs() {
    return plan(HUBS, Set.of());
  }

  private static NodePlan plan(List<NodeView> nodes, Set<String> dead) {
    var network =
        NetworkView.builder(
                "home", new DeviceParameters("wg-home", 51900, 51900, 500, new Mtu.Auto()))
            .pools(List.of(IpPrefix.parse("10.70.0.0/16")))
            .hubs(true)
            .build();
    var view = new MeshView(network, nodes, List.of()).withoutRelays(dead);
    return Topology.planFor("spoke-1", view, PublishedRoutes.of(view)).orElseThrow();
  }

  private static NodeView node(String name, int number, boolean gateway) {
    var key = new byte[32];
    key[0] = (byte) number;
    return NodeView.builder(name, new CreationOrder(Instant.EPOCH, name))
        .addresses(List.of(IpAddress.parse("10.70.0." + number)))
        .publicKey(PublicKey.of(key))
        .gateway(gateway)
        .endpoints(
            List.of(
                NodeEndpoint.of(
                    NodeEndpoint.Scope.SITE, new ConfiguredEndpoint("172.31.0." + number, 51900))))
        .build();
  }
}
