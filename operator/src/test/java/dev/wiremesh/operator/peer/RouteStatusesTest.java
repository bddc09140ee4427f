package dev.wiremesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteStatusesTest {
  private static final List<RouteDecision> DECISIONS =
      List.of(
          RouteDecision.accepted(IpPrefix.parse("10.201.0.0/24")),
          RouteDecision.accepted(IpPrefix.parse("192.168.2.0/24")),
          new RouteDecision(IpPrefix.parse("192.168.3.0/24"), State.REJECTED, "Not allowed."));

  private static final String ROUTES =
      "{cidr: 192.168.1.0/24, translateTo: 10.201.0.0/24}, {cidr: 192.168.2.0/24, masquerade: true},"
          + " {cidr: 192.168.3.0/24}, {cidr: 192.168.4.0/24}";

  @Test
  void entryNamesTheBlockOfTheSpecAndItsTranslation() {
    assertThat(RouteStatuses.of(peer(ROUTES, ""), DECISIONS))
        .extracting(it -> it.cidr + " " + it.translateTo + " " + it.state + " " + it.message)
        .containsExactly(
            "192.168.1.0/24 10.201.0.0/24 ACCEPTED null",
            "192.168.2.0/24 null ACCEPTED null",
            "192.168.3.0/24 null REJECTED Not allowed.");
  }

  @Test
  void withoutCommandsTheMessageSaysWhatToSetByHand() {
    var statuses = RouteStatuses.of(peer(ROUTES, "client: {commands: false}"), DECISIONS);
    assertThat(statuses.get(0).message)
        .startsWith("Set on the peer's device by hand: forward between")
        .contains("translate 1:1");
    assertThat(statuses.get(1).message).contains("masquerade packets from the tunnel to 192.168.2");
    assertThat(statuses.get(2).message).isEqualTo("Not allowed.");
  }

  private static Peer peer(String routes, String client) {
    return Serialization.unmarshal(
        "metadata: {name: site, namespace: office}\nspec:\n  networkRef: {name: home}\n  routes: [%s]\n  %s\n"
            .formatted(routes, client),
        Peer.class);
  }
}
