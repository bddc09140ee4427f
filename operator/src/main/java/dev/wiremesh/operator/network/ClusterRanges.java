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
import org.jspecify.annotations.Nullable;

/**
 * What of the cluster no peer's route may touch: the pods' ranges, the Services' ranges, and the
 * addresses of the nodes that are not in the mesh (those that are say so themselves).
 */
final class ClusterRanges {
  /** As many as the status holds. */
  private static final int MOST = 1024;

  private final KubernetesClient client;
  private final ClusterCache state;
  private volatile @Nullable List<IpPrefix> kubernetesService;

  ClusterRanges(KubernetesClient client, ClusterCache state) {
    this.client = client;
    this.state = state;
  }

  /**
   * The ranges, minimal and sorted.
   *
   * @param inMesh names of the nodes that are in the mesh
   */
  List<IpPrefix> outsideOf(java.util.Set<String> inMesh) {
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
   * What of the cluster peers reach through a gateway, minimal and sorted.
   *
   * @param inMesh names of the nodes that are in the mesh
   */
  List<IpPrefix> advertised(List<Advertised> wanted, java.util.Set<String> inMesh) {
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
            .flatMap(it -> it.getSpec().getCidrs().stream())
            .toList();
    return watched.isEmpty()
        ? kubernetesService()
        : LenientParsing.readAll(watched, IpPrefix::parseMasked);
  }

  /** Without ServiceCIDRs, what is known of the range: one address in it. It never changes. */
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
