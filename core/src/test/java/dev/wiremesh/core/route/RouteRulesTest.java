package dev.wiremesh.core.route;

import static dev.wiremesh.core.topology.Meshes.peer;
import static dev.wiremesh.core.topology.Meshes.prefixes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A cluster whose control plane is managed and whose CNI plugin takes addresses of the VPC. */
class RouteRulesTest {
  private static final ForbiddenRanges CLUSTER =
      ForbiddenRanges.builder()
          .forbid(IpPrefix.parse("172.16.0.2/32"), "an address of the API server")
          .forbid(IpPrefix.parse("fd00:c0de::2/128"), "an address of the API server")
          .forbid(IpPrefix.parse("10.0.0.2/32"), "a name server of node node-a")
          .forbid(IpPrefix.parse("fd00:ec2::253/128"), "a name server of node node-a")
          .forbid(IpPrefix.parse("10.0.5.53/32"), "an address of a pod")
          .forbid(IpPrefix.parse("fd00:5::35/128"), "an address of a pod")
          .forbid(IpPrefix.parse("10.0.1.7/32"), "the address of node node-a")
          .forbid(IpPrefix.parse("10.70.0.0/16"), "an address pool of network home")
          .forbid(IpPrefix.parse("10.80.0.0/16"), "an address pool of network office")
          .forbid(IpPrefix.parse("fd80::/64"), "an address pool of network office")
          .forbid(IpPrefix.parse("10.96.0.0/12"), "the cluster's Services")
          .build();

  private static final RoutePermissions EVERYTHING =
      new RoutePermissions(prefixes("0.0.0.0/0", "::/0"), Map.of());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "172.16.0.2/32        | 172.16.0.2/32, an address of the API server",
        "172.16.0.0/16        | 172.16.0.2/32, an address of the API server",
        "172.16.0.0/12        | 172.16.0.2/32, an address of the API server",
        "fd00:c0de::2/128     | fd00:c0de::2/128, an address of the API server",
        "fd00:c0de::/32       | fd00:c0de::2/128, an address of the API server",
        "10.0.0.2/32          | 10.0.0.2/32, a name server of node node-a",
        "10.0.0.0/24          | 10.0.0.2/32, a name server of node node-a",
        "fd00:ec2::/32        | fd00:ec2::253/128, a name server of node node-a",
        "10.0.5.53/32         | 10.0.5.53/32, an address of a pod",
        "10.0.5.0/24          | 10.0.5.53/32, an address of a pod",
        "fd00:5::35/128       | fd00:5::35/128, an address of a pod",
        "fd00:5::/64          | fd00:5::35/128, an address of a pod",
        "10.0.1.7/32          | 10.0.1.7/32, the address of node node-a",
        "10.70.0.0/16         | 10.70.0.0/16, an address pool of network home",
        "10.80.0.0/16         | 10.80.0.0/16, an address pool of network office",
        "10.80.7.7/32         | 10.80.0.0/16, an address pool of network office",
        "10.80.0.0/12         | 10.80.0.0/16, an address pool of network office",
        "fd80::7/128          | fd80::/64, an address pool of network office",
        "10.96.0.10/32        | 10.96.0.0/12, the cluster's Services",
        "10.0.0.0/8           | 10.0.0.2/32, a name server of node node-a",
        "128.0.0.0/1          | 169.254.0.0/16, the link-local range",
        "127.0.0.1/32         | 127.0.0.0/8, the loopback range",
        "169.254.169.254/32   | 169.254.0.0/16, the link-local range",
        "224.0.0.0/24         | 224.0.0.0/4, the multicast range",
        "255.255.255.255/32   | 240.0.0.0/4, a reserved range",
        "::1/128              | ::/96, a reserved range",
        "fe80::/64            | fe80::/10, the link-local range",
        "ff02::/64            | ff00::/8, the multicast range",
      })
  void forbiddenRangesAreRefusedWhateverIsAllowed(String cidr, String range) {
    assertThat(decision(EVERYTHING, "default", cidr))
        .isEqualTo(
            rejected(
                cidr,
                "Peer default/office cannot bring "
                    + cidr
                    + ": it overlaps "
                    + range
                    + ". Choose a block outside of it, as cidr or as translateTo."));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "172.16.0.3/32",
        "172.16.1.0/24",
        "10.0.5.52/32",
        "10.0.5.54/31",
        "192.168.0.0/16",
        "10.71.0.0/16",
        "fd00:c0de::4/126",
        "fd80:0:0:1::/64",
        "8.8.8.0/24"
      })
  void neighboursOfForbiddenRangesAreNot(String cidr) {
    assertThat(objection(EVERYTHING, "default", cidr)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0/0", "::/0"})
  void defaultRoutesAreRefused(String cidr) {
    assertThat(decision(EVERYTHING, "default", cidr))
        .isEqualTo(
            rejected(
                cidr,
                "Peer default/office cannot bring "
                    + cidr
                    + ": it is a default route. List the networks behind the peer instead."));
  }

  @Test
  void nothingIsAllowedUnlessTheNetworkSaysSo() {
    assertThat(decision(RoutePermissions.NONE, "office", "192.168.200.0/24"))
        .isEqualTo(
            rejected(
                "192.168.200.0/24",
                "Peer office/office cannot bring 192.168.200.0/24: network home does not allow it. Add to the spec of"
                    + " WireGuardNetwork home: peerRoutes: {allowed: [192.168.200.0/24]} - or, for"
                    + " namespace office alone: peerRoutes: {grants: [{namespaces: {matchLabels:"
                    + " {kubernetes.io/metadata.name: office}}, allowed: [192.168.200.0/24]}]}"));
    assertThat(decision(RoutePermissions.NONE, "office", "fd12::/48").message())
        .contains("peerRoutes: {allowed: [\"fd12::/48\"]}");
  }

  @Test
  void grantCountsForItsNamespaceAlone() {
    var permissions =
        new RoutePermissions(
            prefixes("192.168.1.0/24"), Map.of("office", prefixes("192.168.200.0/23")));
    assertThat(objection(permissions, "office", "192.168.200.0/24")).isEmpty();
    assertThat(objection(permissions, "office", "192.168.1.0/25")).isEmpty();
    assertThat(decision(permissions, "default", "192.168.200.0/24").state())
        .isEqualTo(State.REJECTED);
    // A block around an allowed one is not allowed.
    assertThat(decision(permissions, "office", "192.168.200.0/22").state())
        .isEqualTo(State.REJECTED);
  }

  @Test
  void grantIsNoPermissionForForbiddenRanges() {
    var permissions = new RoutePermissions(List.of(), Map.of("office", prefixes("172.16.0.0/12")));
    assertThat(decision(permissions, "office", "172.16.0.2/32").message())
        .contains("an address of the API server");
  }

  @Test
  void everyOneOfManyRangesIsForbidden() {
    var many = ForbiddenRanges.builder();
    for (int i = 0; i < 5_000; i++) {
      many.forbid(node(i), "the address of node n" + i);
    }
    var rules = new RouteRules("home", EVERYTHING, many.build());
    for (int i = 0; i < 5_000; i++) {
      assertThat(rules.objection(peer("office", 1, "10.70.1.1").build(), node(i))).isPresent();
    }
  }

  /** Every second address, so that no two of them make a block. */
  private static IpPrefix node(int i) {
    return IpPrefix.parse("172.17.%d.%d/32".formatted(i / 128, i % 128 * 2));
  }

  private static RouteDecision rejected(String cidr, String message) {
    return new RouteDecision(IpPrefix.parse(cidr), State.REJECTED, message);
  }

  private static RouteDecision decision(
      RoutePermissions permissions, String namespace, String cidr) {
    return objection(permissions, namespace, cidr).orElseThrow();
  }

  private static Optional<RouteDecision> objection(
      RoutePermissions permissions, String namespace, String cidr) {
    return new RouteRules("home", permissions, CLUSTER)
        .objection(peer(namespace, "office", 1, "10.70.1.1").build(), IpPrefix.parse(cidr));
  }
}
