package dev.wiremesh.operator.network;

import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Advertised;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.net.Prefixes;
import dev.wiremesh.operator.node.NodeAddresses;
import dev.wiremesh.operator.node.PodCidrs;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's own ranges: pods, Services and node addresses. A peer's route must not overlap
 * them; some are advertised to peers.
 */
final class ClusterRanges {
  /** The schema's limit for the lists in the status. */
  private static final int MOST = 1024;

  private final KubernetesClient client;
  private final ClusterCache state;
  private volatile @Nullable List<IpPrefix> kubernetesService;

  ClusterRanges(KubernetesClient client, ClusterCache state) {
    this.client = client;
    this.state = state;
  }

  /**
   * The ranges of the cluster but the addresses of nodes in the mesh, which those nodes' own
   * MeshNodes have; minimal and sorted.
   *
   * @param inMesh names of the nodes that are in the mesh
   */
  List<IpPrefix> outsideOf(Set<String> inMesh) {
    var ranges = new ArrayList<IpPrefix>();
    for (var node : state.nodes().all()) {
      ranges.addAll(PodCidrs.of(node));
      if (!inMesh.contains(node.getMetadata().getName())) {
        NodeAddresses.of(node).all().stream().map(IpAddress::toPrefix).forEach(ranges::add);
      }
    }
    ranges.addAll(services());
    var minimal = Prefixes.minimal(ranges);
    return minimal.size() <= MOST ? minimal : minimal.subList(0, MOST);
  }

  /**
   * The ranges that peers reach through a gateway; minimal and sorted.
   *
   * @param inMesh names of the nodes that are in the mesh
   */
  List<IpPrefix> advertised(List<Advertised> wanted, Set<String> inMesh) {
    var ranges = new ArrayList<IpPrefix>();
    for (var node : state.nodes().all()) {
      if (inMesh.contains(node.getMetadata().getName())) {
        if (wanted.contains(Advertised.POD_CIDRS)) {
          ranges.addAll(PodCidrs.of(node));
        }
        if (wanted.contains(Advertised.INTERNAL_IPS)) {
          NodeAddresses.of(node).internal().stream().map(IpAddress::toPrefix).forEach(ranges::add);
        }
      }
    }
    if (wanted.contains(Advertised.SERVICE_CIDRS)) {
      ranges.addAll(services());
    }
    var minimal = Prefixes.minimal(ranges);
    return minimal.size() <= MOST ? minimal : minimal.subList(0, MOST);
  }

  private List<IpPrefix> services() {
    var watched =
        state.serviceCidrs().stream()
            .flatMap(kind -> kind.all().stream())
            .flatMap(cidr -> cidr.getSpec().getCidrs().stream())
            .toList();
    return watched.isEmpty()
        ? kubernetesService()
        : LenientParsing.readAll(watched, IpPrefix::parseMasked);
  }

  /** One address of the range, where the API server has no ServiceCIDRs. It never changes. */
  private List<IpPrefix> kubernetesService() {
    var known = kubernetesService;
    if (known == null) {
      known = readKubernetesService();
      kubernetesService = known;
    }
    return known;
  }

  private List<IpPrefix> readKubernetesService() {
    try {
      var service = client.services().inNamespace("default").withName("kubernetes").get();
      return service == null
          ? List.of()
          : LenientParsing.readAll(service.getSpec().getClusterIPs(), IpPrefix::parse);
    } catch (KubernetesClientException e) {
      if (ApiErrors.isForbidden(e)) {
        return List.of();
      }
      throw e;
    }
  }
}
