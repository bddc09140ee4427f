package dev.wiremesh.operator.routing;

import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Advertised;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.net.Prefixes;
import dev.wiremesh.operator.node.NodeAddresses;
import dev.wiremesh.operator.node.PodCidrs;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's own ranges: pods, Services, node addresses, and the API server. The lists are
 * whole, however long they are. Thread-safe.
 */
public final class ClusterRanges {
  private final KubernetesClient client;
  private final ClusterCache state;
  private volatile @Nullable List<IpPrefix> kubernetesService;

  public ClusterRanges(KubernetesClient client, ClusterCache state) {
    this.client = client;
    this.state = state;
  }

  /**
   * The ranges of the cluster but the addresses of nodes in the mesh, which those nodes' own
   * MeshNodes have; minimal and sorted.
   *
   * @param inMesh names of the nodes that are in the mesh
   */
  public List<IpPrefix> outsideOf(Set<String> inMesh) {
    var ranges = new ArrayList<IpPrefix>();
    for (var node : state.nodes().all()) {
      ranges.addAll(PodCidrs.of(node));
      if (!inMesh.contains(node.getMetadata().getName())) {
        NodeAddresses.of(node).all().stream().map(IpAddress::toPrefix).forEach(ranges::add);
      }
    }
    ranges.addAll(services());
    return Prefixes.minimal(ranges);
  }

  /**
   * The ranges that peers reach through a gateway; minimal and sorted.
   *
   * @param inMesh names of the nodes that are in the mesh
   */
  public List<IpPrefix> advertised(List<Advertised> wanted, Set<String> inMesh) {
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
    return Prefixes.minimal(ranges);
  }

  /** The ranges of Services, or what is known of them. */
  List<IpPrefix> services() {
    var watched =
        state.serviceCidrs().stream()
            .flatMap(kind -> kind.all().stream())
            .flatMap(cidr -> of(cidr).stream())
            .toList();
    return watched.isEmpty() ? kubernetesService() : watched;
  }

  static List<IpPrefix> of(ServiceCIDR cidr) {
    return LenientParsing.readAll(cidr.getSpec().getCidrs(), IpPrefix::parseMasked);
  }

  /**
   * The addresses of the API server: the endpoints of the Service {@code kubernetes}, and the one
   * that the operator dials, which can be a load balancer's.
   */
  List<IpPrefix> apiServers() {
    var addresses = new ArrayList<IpPrefix>();
    state.apiServers().all().forEach(slice -> addresses.addAll(addressesOf(slice)));
    var host = client.getMasterUrl().getHost().replace("[", "").replace("]", "");
    LenientParsing.read(host, IpAddress::parse).map(IpAddress::toPrefix).ifPresent(addresses::add);
    return addresses;
  }

  static List<IpPrefix> addressesOf(EndpointSlice slice) {
    return slice.getEndpoints() == null
        ? List.of()
        : slice.getEndpoints().stream()
            .flatMap(endpoint ->
                LenientParsing.readAll(endpoint.getAddresses(), IpAddress::parse).stream())
            .map(IpAddress::toPrefix)
            .toList();
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
