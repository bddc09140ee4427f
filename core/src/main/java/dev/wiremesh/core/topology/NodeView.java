package dev.wiremesh.core.topology;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster node that joined the network.
 *
 * @param name the node's name in the cluster
 * @param addresses its addresses in the mesh, at most one a family
 * @param publicKey null until its agent has reported it
 * @param gateway whether outside peers may connect to it
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
   * @param endpoint where other nodes dial it; null if it cannot be dialled
   * @param addresses all its addresses
   */
  public record Underlay(@Nullable ConfiguredEndpoint endpoint, List<IpAddress> addresses) {
    public Underlay {
      addresses = List.copyOf(addresses);
    }
  }

  /** A node without addresses, key, endpoint and pods, which is no gateway. */
  public static Builder builder(String name, CreationOrder creationOrder) {
    return new Builder(name, creationOrder);
  }

  public Builder toBuilder() {
    return builder(name, creationOrder)
        .addresses(addresses)
        .publicKey(publicKey)
        .gateway(gateway)
        .endpoint(underlay.endpoint)
        .underlayAddresses(underlay.addresses)
        .podCidrs(podCidrs);
  }

  /** Builds a node; used by one thread. */
  public static final class Builder {
    private final String name;
    private final CreationOrder creationOrder;
    private List<IpAddress> addresses = List.of();
    private @Nullable PublicKey publicKey;
    private boolean gateway;
    private @Nullable ConfiguredEndpoint endpoint;
    private List<IpAddress> underlayAddresses = List.of();
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

    public Builder endpoint(@Nullable ConfiguredEndpoint endpoint) {
      this.endpoint = endpoint;
      return this;
    }

    public Builder underlayAddresses(List<IpAddress> underlayAddresses) {
      this.underlayAddresses = underlayAddresses;
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
          new Underlay(endpoint, underlayAddresses),
          podCidrs);
    }
  }
}
