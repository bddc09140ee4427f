package dev.wiremesh.operator.peer;

import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.node.LabelSelectors;
import io.fabric8.kubernetes.api.model.Namespace;
import java.util.List;
import java.util.Optional;

/** The grants of reserved addresses in a network's spec. */
final class ReservedGrants {
  private ReservedGrants() {}

  /**
   * The blocks in which the Peers of a namespace may have reserved addresses.
   *
   * @param namespace empty if the namespace is not watched yet: then there is no grant
   */
  static List<IpPrefix> of(WireGuardNetwork network, Optional<Namespace> namespace) {
    return namespace
        .map(present ->
            network.getSpec().reservedGrants.stream()
                .filter(grant ->
                    LabelSelectors.matches(grant.namespaces, present.getMetadata().getLabels()))
                .flatMap(grant -> LenientParsing.readAll(grant.addresses, IpPrefix::parse).stream())
                .toList())
        .orElse(List.of());
  }
}
