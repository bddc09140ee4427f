package dev.wiremesh.operator.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.net.IpPrefix;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeptRoutesTest {
  private static final Peer OFFICE =
      Serialization.unmarshal(
          """
          apiVersion: wiremesh.dev/v1alpha1
          kind: Peer
          metadata: {name: office, namespace: default}
          spec: {networkRef: {name: home}}
          status:
            routes:
            - {cidr: 192.168.7.0/24, state: Accepted}
            - {cidr: 192.168.8.0/24, state: Conflict}
          """,
          Peer.class);

  @Test
  void acceptedRoutesOfAnUnreadableNetworkStayWithTheirPeers() {
    var kept = MeshCache.keptRoutes(List.of(network("forever")), name -> List.of(OFFICE));
    assertThat(kept.overlapping(IpPrefix.parse("192.168.0.0/16")))
        .contains(
            Map.entry(
                IpPrefix.parse("192.168.7.0/24"),
                "a route of peer default/office of network home"));
    assertThat(kept.overlapping(IpPrefix.parse("192.168.8.0/24"))).isEmpty();
  }

  @Test
  void routesOfAReadableNetworkAreDecidedInTheCommonPass() {
    var kept = MeshCache.keptRoutes(List.of(network("25s")), name -> List.of(OFFICE));
    assertThat(kept.overlapping(IpPrefix.parse("192.168.7.0/24"))).isEmpty();
  }

  private static WireGuardNetwork network(String keepalive) {
    return Serialization.unmarshal(
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: WireGuardNetwork
        metadata: {name: home}
        spec: {addressPools: [{name: v4, cidr: 10.70.0.0/16}], persistentKeepalive: %s}
        """
            .formatted(keepalive),
        WireGuardNetwork.class);
  }
}
