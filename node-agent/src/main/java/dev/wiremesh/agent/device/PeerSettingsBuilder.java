package dev.wiremesh.agent.device;

import dev.wiremesh.agent.resolve.EndpointResolver;
import dev.wiremesh.agent.watch.NetworkKeys;
import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.topology.IdentityKind;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.Probe;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Builds device settings from a plan, the keys and the resolved endpoints. */
public final class PeerSettingsBuilder {
  /** Name of the gateway identity on a device; the node's own is the default identity. */
  public static final String GATEWAY_IDENTITY = "gateway";

  /** Interval of probes between nodes; probes are sent only while there is traffic. */
  private static final Duration PROBE_INTERVAL = Duration.ofSeconds(10);

  private final NetworkKeys keys;
  private final EndpointResolver resolver;
  private final List<IpAddress> ownAddresses;
  private final Map<IdentityKind, PublicKey> ownKeys = new EnumMap<>(IdentityKind.class);

  /**
   * @param ownAddresses of this node in the network
   */
  public PeerSettingsBuilder(
      NetworkKeys keys, EndpointResolver resolver, List<IpAddress> ownAddresses) {
    this.keys = keys;
    this.resolver = resolver;
    this.ownAddresses = List.copyOf(ownAddresses);
    ownKeys.put(IdentityKind.NODE, keys.node().publicKey());
    var gateway = keys.gateway();
    if (gateway != null) {
      ownKeys.put(IdentityKind.GATEWAY, gateway.publicKey());
    }
  }

  /** Settings of the whole device. */
  public DeviceConfig device(NodePlan plan, int mark) {
    return new DeviceConfig(
        identities(plan.device().identities()),
        plan.device().listenPort(),
        mark,
        plan.device().peers().stream().map(this::peer).toList());
  }

  private Map<String, PrivateKey> identities(Set<IdentityKind> wanted) {
    var identities = new HashMap<String, PrivateKey>();
    identities.put(DeviceConfig.DEFAULT_IDENTITY, keys.node());
    var gateway = keys.gateway();
    if (gateway != null && wanted.contains(IdentityKind.GATEWAY)) {
      identities.put(GATEWAY_IDENTITY, gateway);
    }
    return identities;
  }

  public PeerConfig peer(PeerPlan plan) {
    return PeerConfig.of(plan.publicKey())
        .identity(
            plan.handshake().identity() == IdentityKind.NODE
                ? DeviceConfig.DEFAULT_IDENTITY
                : GATEWAY_IDENTITY)
        .presharedKey(presharedKey(plan))
        .endpointHint(hint(plan))
        .persistentKeepalive((int) plan.transport().persistentKeepalive().toSeconds())
        .allowedIps(Set.copyOf(plan.allowedIps()))
        .alternateIps(Set.copyOf(plan.prefixes().alternateIps()))
        .probe(probe(plan))
        .build();
  }

  /** Only nodes are probed: an outside peer may be a sleeping device. */
  private @Nullable Probe probe(PeerPlan plan) {
    if (plan.kind() == PeerPlan.Kind.OUTSIDE) {
      return null;
    }
    for (var to : plan.addresses()) {
      for (var from : ownAddresses) {
        if (from.family() == to.family()) {
          return new Probe(from, to, PROBE_INTERVAL);
        }
      }
    }
    return null;
  }

  private @Nullable PresharedKey presharedKey(PeerPlan plan) {
    var seed = keys.seed();
    var own = ownKeys.get(plan.handshake().identity());
    return plan.handshake().presharedKey() && seed != null && own != null
        ? seed.forPair(own, plan.publicKey())
        : null;
  }

  public @Nullable UdpEndpoint hint(PeerPlan plan) {
    var endpoint = plan.transport().endpoint();
    return endpoint == null ? null : resolver.resolve(endpoint).orElse(null);
  }
}
