package dev.wiremesh.operator.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.PeerRoutes;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.RoutePermissions;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RoutePoliciesTest {
  private static final Map<String, Map<String, String>> NAMESPACES =
      Map.of(
          "berlin", Map.of("site", "berlin", "kind", "office"),
          "paris", Map.of("site", "paris", "kind", "office"),
          "bare", Map.of());

  @Test
  void absentPeerRoutesAllowNothing() {
    assertThat(RoutePolicies.permissions(null, NAMESPACES)).isEqualTo(RoutePermissions.NONE);
    assertThat(permissions("{}").everywhere()).isEmpty();
  }

  @Test
  void grantsAddUp() {
    var permissions =
        permissions(
            """
            allowed: [192.168.1.0/24]
            grants:
            - {namespaces: {matchLabels: {site: berlin}}, allowed: [10.1.0.0/16, "fd01::/48"]}
            - {namespaces: {matchExpressions: [{key: kind, operator: In, values: [office]}]}, allowed: [10.9.0.0/16]}
            """);
    assertThat(permissions.everywhere()).containsExactlyElementsOf(prefixes("192.168.1.0/24"));
    assertThat(permissions.granted())
        .isEqualTo(
            Map.of(
                "berlin", prefixes("10.1.0.0/16", "fd01::/48", "10.9.0.0/16"),
                "paris", prefixes("10.9.0.0/16"),
                "bare", List.of()));
  }

  @Test
  void emptySelectorIsEveryNamespaceAndAnAbsentOneNone() {
    assertThat(permissions("grants: [{namespaces: {}, allowed: [10.1.0.0/16]}]").granted())
        .hasSize(3)
        .allSatisfy((namespace, blocks) -> assertThat(blocks).hasSize(1));
    assertThat(permissions("grants: [{allowed: [10.1.0.0/16]}]").granted())
        .allSatisfy((namespace, blocks) -> assertThat(blocks).isEmpty());
  }

  private static RoutePermissions permissions(String yaml) {
    return RoutePolicies.permissions(Serialization.unmarshal(yaml, PeerRoutes.class), NAMESPACES);
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }
}
