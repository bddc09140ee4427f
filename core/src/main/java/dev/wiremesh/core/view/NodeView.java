package dev.wiremesh.core.view;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster node that joined the network.
 *
 * @param name the node's name in the cluster
 * @param addresses its addresses in the mesh, at most one a family
 * @param publicKey null until its agent has reported it
 * @param gateway whether outside peers may connect to it, and whether it relays between nodes
 * @param podCidrs the address ranges of its pods
 */
public record NodeView(
    String name,
    CreationOrder creationOrder,
    List<IpAddress> addresses,
    @Nullable PublicKey publicKey,
    boolean gateway,
    Underlay underlay,
    List<IpPrefix> podCidrs) {
  public NodeView {
    addresses = List.copyOf(addresses);
    podCidrs = List.copyOf(podCidrs);
  }

  /**
   * The node outside the mesh.
   *
   * @param endpoints its endpoints on the underlay, best first within each scope
   * @param site the name of its site; empty for the nodes without one, which are one site
   * @param relaying whether the node, as a gateway, may relay between others
   */
  public record Underlay(List<NodeEndpoint> endpoints, String site, Relaying relaying) {
    public Underlay {
      endpoints = List.copyOf(endpoints);
    }

    /** All its addresses; names of endpoints aside. */
    public List<IpAddress> addresses() {
      return endpoints.stream().flatMap(endpoint -> Stream.ofNullable(endpoint.address())).toList();
    }
  }

  /** The use of a gateway as a relay between other nodes. */
  public enum Relaying {
    POSSIBLE,
    /** Its agent is silent, or its device is not ready. */
    LAST_CHOICE,
    /** It does not answer inside the tunnel. */
    IMPOSSIBLE
  }

  /** A node without addresses, key, endpoints, site and pods, which is no gateway. */
  public static Builder builder(String name, CreationOrder creationOrder) {
    return new Builder(name, creationOrder);
  }

  public Builder toBuilder() {
    return builder(name, creationOrder)
        .addresses(addresses)
        .publicKey(publicKey)
        .gateway(gateway)
        .endpoints(underlay.endpoints)
        .site(underlay.site)
        .relaying(underlay.relaying)
        .podCidrs(podCidrs);
  }

  /** Builds a node; used by one thread. */
  public static final class Builder {
    private final String name;
    private final CreationOrder creationOrder;
    private List<IpAddress> addresses = List.of();
    private @Nullable PublicKey publicKey;
    private boolean gateway;
    private List<NodeEndpoint> endpoints = List.of();
    private String site = "";
    private Relaying relaying = Relaying.POSSIBLE;
    private List<IpPrefix> podCidrs = List.of();

    private Builder(String name, CreationOrder creationOrder) {
      this.name = name;
      this.creationOrder = creationOrder;
    }

    public Builder addresses(List<IpAddress> addresses) {
      this.addresses = addresses;
      return this;
    }

    public Builder publicKey(@Nullable PublicKey publicKey) {
      this.publicKey = publicKey;
      return this;
    }

    public Builder gateway(boolean gateway) {
      this.gateway = gateway;
      return this;
    }

    public Builder endpoints(List<NodeEndpoint> endpoints) {
      this.endpoints = endpoints;
      return this;
    }

    public Builder site(String site) {
      this.site = site;
      return this;
    }

    public Builder relaying(Relaying relaying) {
      this.relaying = relaying;
      return this;
    }

    public Builder podCidrs(List<IpPrefix> podCidrs) {
      this.podCidrs = podCidrs;
      return this;
    }

    public NodeView build() {
      return new NodeView(
          name,
          creationOrder,
          addresses,
          publicKey,
          gateway,
          new Underlay(endpoints, site, relaying),
          podCidrs);
    }
  }
}
