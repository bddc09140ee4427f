package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.Endpoint;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Complete configuration of one peer. Applying it also removes everything that it does not contain.
 *
 * @param presharedKey null for none
 * @param identity name of the local identity that the peer is talked to with, see {@link
 *     DeviceConfig}
 */
public record PeerConfig(
    PublicKey publicKey,
    @Nullable PresharedKey presharedKey,
    String identity,
    Path path,
    Prefixes prefixes,
    FormerKeys formerKeys) {

  /**
   * The outer path to the peer.
   *
   * @param endpointHint endpoint for the first handshake. It never replaces an endpoint learned
   *     from a fresh handshake, but is tried in turn with it when that one does not answer. Null
   *     forgets the hint and removes no learned endpoint
   * @param persistentKeepaliveSeconds 0 to 65535; 0 is off
   * @param probe RTT measurement beside handshakes; null for none
   */
  public record Path(
      @Nullable Endpoint endpointHint, int persistentKeepaliveSeconds, @Nullable Probe probe) {
    public Path {
      if (persistentKeepaliveSeconds < 0 || persistentKeepaliveSeconds > 65_535) {
        throw new IllegalArgumentException(
            "a persistent keepalive of "
                + persistentKeepaliveSeconds
                + " s is out of range: 0 to 65535");
      }
    }
  }

  /**
   * Prefixes inside the tunnel.
   *
   * @param allowedIps prefixes that this peer is the home of: accepted from it and sent to it
   * @param alternateIps prefixes that are accepted from this peer although another peer may be
   *     their home. The first data packet with a source in the prefix also moves sending to this
   *     peer, until another member of the prefix sends one. Keepalives and packets of other
   *     prefixes move nothing. A host that changes its key is two peers for a while: the present
   *     key has the allowed IPs, the next key has the same prefixes as alternates and names the
   *     present key as its former one
   */
  public record Prefixes(Set<IpPrefix> allowedIps, Set<IpPrefix> alternateIps) {
    public Prefixes {
      allowedIps = Set.copyOf(allowedIps);
      alternateIps = Set.copyOf(alternateIps);
    }
  }

  /**
   * Keys that are being replaced.
   *
   * @param identity former local identity: its initiations are still answered, and its sessions are
   *     used until there is one under the present identity; null for none
   * @param publicKey key of another peer that is the same host and changes to this key: packets for
   *     that peer go here as soon as this peer has a session, and traffic from either counts for
   *     both; null if the host has one key
   */
  public record FormerKeys(@Nullable FormerIdentity identity, @Nullable PublicKey publicKey) {}

  /** A peer with the default identity and nothing else. */
  public static Builder of(PublicKey publicKey) {
    return new Builder(publicKey);
  }

  /** A builder that starts with these values. */
  public Builder toBuilder() {
    return new Builder(publicKey)
        .presharedKey(presharedKey)
        .identity(identity)
        .endpointHint(path.endpointHint)
        .persistentKeepalive(path.persistentKeepaliveSeconds)
        .probe(path.probe)
        .allowedIps(prefixes.allowedIps)
        .alternateIps(prefixes.alternateIps)
        .formerIdentity(formerKeys.identity)
        .formerKey(formerKeys.publicKey);
  }

  /** Collects the values of a {@link PeerConfig}. */
  public static final class Builder {
    private final PublicKey publicKey;
    private @Nullable PresharedKey presharedKey;
    private String identity = DeviceConfig.DEFAULT_IDENTITY;
    private @Nullable Endpoint endpointHint;
    private int persistentKeepaliveSeconds;
    private @Nullable Probe probe;
    private Set<IpPrefix> allowedIps = Set.of();
    private Set<IpPrefix> alternateIps = Set.of();
    private @Nullable FormerIdentity formerIdentity;
    private @Nullable PublicKey formerKey;

    private Builder(PublicKey publicKey) {
      this.publicKey = publicKey;
    }

    public Builder presharedKey(@Nullable PresharedKey key) {
      presharedKey = key;
      return this;
    }

    public Builder identity(String name) {
      identity = name;
      return this;
    }

    public Builder endpointHint(@Nullable Endpoint hint) {
      endpointHint = hint;
      return this;
    }

    public Builder persistentKeepalive(int seconds) {
      persistentKeepaliveSeconds = seconds;
      return this;
    }

    public Builder probe(@Nullable Probe measurement) {
      probe = measurement;
      return this;
    }

    public Builder allowedIps(Set<IpPrefix> prefixes) {
      allowedIps = prefixes;
      return this;
    }

    public Builder alternateIps(Set<IpPrefix> prefixes) {
      alternateIps = prefixes;
      return this;
    }

    public Builder formerIdentity(@Nullable FormerIdentity former) {
      formerIdentity = former;
      return this;
    }

    public Builder formerKey(@Nullable PublicKey former) {
      formerKey = former;
      return this;
    }

    public PeerConfig build() {
      return new PeerConfig(
          publicKey,
          presharedKey,
          identity,
          new Path(endpointHint, persistentKeepaliveSeconds, probe),
          new Prefixes(allowedIps, alternateIps),
          new FormerKeys(formerIdentity, formerKey));
    }
  }
}
