package dev.wiremesh.core.topology;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.PeerName;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One peer of a network's device on one node.
 *
 * @param name the node's name, or {@code namespace/name} of an outside peer
 * @param addresses its addresses in the mesh
 */
public record PeerPlan(
    String name,
    Kind kind,
    PublicKey publicKey,
    List<IpAddress> addresses,
    Handshake handshake,
    Transport transport,
    Prefixes prefixes) {

  /** The kind of the other end. */
  public enum Kind {
    NODE,
    OUTSIDE
  }

  /**
   * The local half of the handshake.
   *
   * @param identity the static key of ours that the peer knows
   * @param presharedKey whether the pair's derived preshared key is mixed in
   */
  public record Handshake(IdentityKind identity, boolean presharedKey) {}

  /**
   * The outer side of the session.
   *
   * @param endpoint a hint where to dial first; null for a peer that dials us
   * @param persistentKeepalive zero for none
   */
  public record Transport(@Nullable ConfiguredEndpoint endpoint, Duration persistentKeepalive) {}

  /**
   * The prefixes that are reached by way of the peer.
   *
   * @param allowedIps prefixes that are routed to it and accepted from it; no prefix appears at two
   *     peers of a device
   * @param alternateIps prefixes that are accepted from it too, and routed to it when the peer that
   *     has them as allowed IPs is unreachable
   */
  public record Prefixes(List<IpPrefix> allowedIps, List<IpPrefix> alternateIps) {
    public Prefixes {
      allowedIps = List.copyOf(allowedIps);
      alternateIps = List.copyOf(alternateIps);
    }
  }

  public PeerPlan {
    addresses = List.copyOf(addresses);
  }

  public List<IpPrefix> allowedIps() {
    return prefixes.allowedIps;
  }

  /** A node, known by its node key, without preshared key, endpoint and prefixes. */
  public static Builder node(String name, PublicKey publicKey) {
    return new Builder(name, Kind.NODE, publicKey, IdentityKind.NODE);
  }

  /** An outside peer, which knows us by the gateways' identity; otherwise as {@link #node}. */
  public static Builder outside(PeerName name, PublicKey publicKey) {
    return new Builder(name.toString(), Kind.OUTSIDE, publicKey, IdentityKind.GATEWAY);
  }

  /** Builds a peer; used by one thread. */
  public static final class Builder {
    private final String name;
    private final Kind kind;
    private final PublicKey publicKey;
    private final IdentityKind identity;
    private List<IpAddress> addresses = List.of();
    private boolean presharedKey;
    private @Nullable ConfiguredEndpoint endpoint;
    private Duration persistentKeepalive = Duration.ZERO;
    private List<IpPrefix> allowedIps = List.of();
    private List<IpPrefix> alternateIps = List.of();

    private Builder(String name, Kind kind, PublicKey publicKey, IdentityKind identity) {
      this.name = name;
      this.kind = kind;
      this.publicKey = publicKey;
      this.identity = identity;
    }

    public Builder addresses(List<IpAddress> addresses) {
      this.addresses = addresses;
      return this;
    }

    public Builder presharedKey(boolean presharedKey) {
      this.presharedKey = presharedKey;
      return this;
    }

    public Builder endpoint(@Nullable ConfiguredEndpoint endpoint) {
      this.endpoint = endpoint;
      return this;
    }

    public Builder persistentKeepalive(Duration persistentKeepalive) {
      this.persistentKeepalive = persistentKeepalive;
      return this;
    }

    public Builder allowedIps(List<IpPrefix> allowedIps) {
      this.allowedIps = allowedIps;
      return this;
    }

    public Builder alternateIps(List<IpPrefix> alternateIps) {
      this.alternateIps = alternateIps;
      return this;
    }

    public PeerPlan build() {
      return new PeerPlan(
          name,
          kind,
          publicKey,
          addresses,
          new Handshake(identity, presharedKey),
          new Transport(endpoint, persistentKeepalive),
          new Prefixes(allowedIps, alternateIps));
    }
  }
}
