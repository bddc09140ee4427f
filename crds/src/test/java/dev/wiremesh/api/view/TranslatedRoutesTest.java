package dev.wiremesh.api.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.ForbiddenRanges;
import dev.wiremesh.core.route.PublishedRoutes;
import dev.wiremesh.core.view.RouteDecision.State;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reading of routes whose blocks are translated, by operator and agents. */
class TranslatedRoutesTest {
  private static final IpPrefix BLOCK = IpPrefix.parse("10.201.0.0/24");
  private static final PublishedRoutes AGENT =
      new PublishedRoutes(ForbiddenRanges.builder().build());

  @Test
  void meshRoutesTheTranslatedBlockAndNotTheLan() {
    var peer = peer("{cidr: 192.168.1.0/24, translateTo: 10.201.0.0/24}", "");
    assertThat(MeshViews.peer(peer).routes().requested()).containsExactly(BLOCK);
  }

  @Test
  void groupIsAboutTheTranslatedBlock() {
    var peer = peer("{cidr: 192.168.1.0/24, translateTo: 10.201.0.0/24, group: site}", "");
    assertThat(MeshViews.peer(peer).routes().groups()).containsOnlyKeys(BLOCK);
  }

  @Test
  void agentTakesTheDecisionOnTheTranslatedBlock() {
    var view =
        MeshViews.peerWithDecisions(
            peer(
                "{cidr: 192.168.1.0/24, translateTo: 10.201.0.0/24}",
                "{cidr: 192.168.1.0/24, translateTo: 10.201.0.0/24, state: Accepted}"));
    assertThat(AGENT.objection(view, BLOCK)).isEmpty();
  }

  /** Otherwise a tenant could route any block between a change and the operator's decision. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{cidr: 192.168.1.0/24, translateTo: 10.202.0.0/24, state: Accepted}",
        "{cidr: 192.168.1.0/24, state: Accepted}"
      })
  void acceptanceOfAnotherTranslationDoesNotCount(String status) {
    var view =
        MeshViews.peerWithDecisions(
            peer("{cidr: 192.168.1.0/24, translateTo: 10.201.0.0/24}", status));
    assertThat(AGENT.objection(view, BLOCK))
        .hasValueSatisfying(decision -> assertThat(decision.state()).isEqualTo(State.STANDBY));
  }

  @Test
  void translationThatDoesNotMatchIsLeftOut() {
    var peer = peer("{cidr: 192.168.1.0/24, translateTo: 10.0.0.0/8}, {cidr: 192.168.2.0/24}", "");
    assertThat(MeshViews.peer(peer).routes().requested())
        .containsExactly(IpPrefix.parse("192.168.2.0/24"));
  }

  private static Peer peer(String routes, String statuses) {
    return Serialization.unmarshal(
        """
        metadata: {name: site, namespace: office, uid: u, creationTimestamp: "2026-01-01T00:00:00Z"}
        spec: {networkRef: {name: home}, routes: [%s]}
        status: {routes: [%s]}
        """
            .formatted(routes, statuses),
        Peer.class);
  }
}
