package dev.wiremesh.core.view;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A WireGuardNetwork with all values that the operator allocates for it.
 *
 * @param pools the ranges from which nodes and peers get their addresses
 * @param persistentKeepalive zero for none
 */
public record NetworkView(
    String name,
    List<IpPrefix> pools,
    DeviceParameters device,
    Duration persistentKeepalive,
    KeyPolicy keys,
    Gateways gateways,
    Advertised advertised) {
  public NetworkView {
    pools = List.copyOf(pools);
  }

  /**
   * The rules for keys.
   *
   * @param presharedKeys whether each pair mixes a derived preshared key into its handshakes
   */
  public record KeyPolicy(boolean presharedKeys) {}

  /**
   * The gateways as outside peers see them, and as other nodes do.
   *
   * @param publicKey the identity that all gateways share; null until the operator has made it
   * @param endpoint the endpoint in client configurations; null for the home gateway's own endpoint
   * @param hubs whether nodes that are no gateways have sessions with gateways only
   */
  public record Gateways(
      @Nullable PublicKey publicKey, @Nullable ConfiguredEndpoint endpoint, boolean hubs) {}

  /**
   * The parts of the cluster that are reachable through the mesh.
   *
   * @param podsThroughMesh whether pod traffic between nodes goes through the mesh
   * @param cidrs the prefixes (pods, Services, nodes) that outside peers reach through their
   *     gateway; empty for none
   */
  public record Advertised(boolean podsThroughMesh, List<IpPrefix> cidrs) {
    public Advertised {
      cidrs = List.copyOf(cidrs);
    }
  }

  /** A network without pools, preshared keys, gateway identity and advertised prefixes. */
  public static Builder builder(String name, DeviceParameters device) {
    return new Builder(name, device);
  }

  public Builder toBuilder() {
    return builder(name, device)
        .pools(pools)
        .persistentKeepalive(persistentKeepalive)
        .presharedKeys(keys.presharedKeys)
        .gatewayPublicKey(gateways.publicKey)
        .gatewayEndpoint(gateways.endpoint)
        .hubs(gateways.hubs)
        .podsThroughMesh(advertised.podsThroughMesh)
        .advertised(advertised.cidrs);
  }

  /** Builds a network; used by one thread. */
  public static final class Builder {
    private final String name;
    private final DeviceParameters device;
    private List<IpPrefix> pools = List.of();
    private Duration persistentKeepalive = Duration.ZERO;
    private boolean presharedKeys;
    private @Nullable PublicKey gatewayPublicKey;
    private @Nullable ConfiguredEndpoint gatewayEndpoint;
    private boolean hubs;
    private boolean podsThroughMesh;
    private List<IpPrefix> advertised = List.of();

    private Builder(String name, DeviceParameters device) {
      this.name = name;
      this.device = device;
    }

    public Builder pools(List<IpPrefix> pools) {
      this.pools = pools;
      return this;
    }

    public Builder persistentKeepalive(Duration persistentKeepalive) {
      this.persistentKeepalive = persistentKeepalive;
      return this;
    }

    public Builder presharedKeys(boolean presharedKeys) {
      this.presharedKeys = presharedKeys;
      return this;
    }

    public Builder gatewayPublicKey(@Nullable PublicKey gatewayPublicKey) {
      this.gatewayPublicKey = gatewayPublicKey;
      return this;
    }

    public Builder gatewayEndpoint(@Nullable ConfiguredEndpoint gatewayEndpoint) {
      this.gatewayEndpoint = gatewayEndpoint;
      return this;
    }

    public Builder hubs(boolean hubs) {
      this.hubs = hubs;
      return this;
    }

    public Builder podsThroughMesh(boolean podsThroughMesh) {
      this.podsThroughMesh = podsThroughMesh;
      return this;
    }

    public Builder advertised(List<IpPrefix> advertised) {
      this.advertised = advertised;
      return this;
    }

    public NetworkView build() {
      return new NetworkView(
          name,
          pools,
          device,
          persistentKeepalive,
          new KeyPolicy(presharedKeys),
          new Gateways(gatewayPublicKey, gatewayEndpoint, hubs),
          new Advertised(podsThroughMesh, advertised));
    }
  }
}
