package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.Endpoint;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a peer shall be, completely: what is not said here is not so.
 *
 * @param identity name of the local identity that talks to this peer, see {@link DeviceConfig}
 * @param endpointHint where to try first; it never replaces an endpoint that a fresh handshake came
 *     from, and null forgets nothing that was learned
 * @param persistentKeepaliveSeconds 0 to 65535; 0 is off
 * @param allowedIps what may come from this peer, and what is sent to it: this peer is the home of
 *     these prefixes
 * @param alternateIps what may come from this peer as well, whoever is its home; from the first
 *     such packet on it is also sent here, until another member of the prefix is heard from. A
 *     keepalive, or a packet of another prefix, moves nothing. A peer that changes its key is two
 *     peers meanwhile: the present key has the allowed IPs, the next one has them as alternates,
 *     and the present one as its former key
 * @param probe how round trips are measured beside handshakes; null for not at all
 * @param formerIdentity where it is also answered while our own key changes, and whose sessions are
 *     used until there is one under the present identity; null for nowhere
 * @param formerKey the key of another peer, if that is the same host, which now changes to this
 *     one: what is sent to that peer goes here as soon as there is a session, and what is heard
 *     from either is heard from both; null if this host has but one key
 */
public record PeerConfig(
    PublicKey publicKey,
    String identity,
    @Nullable PresharedKey presharedKey,
    @Nullable Endpoint endpointHint,
    int persistentKeepaliveSeconds,
    Set<IpPrefix> allowedIps,
    Set<IpPrefix> alternateIps,
    @Nullable FormerIdentity formerIdentity,
    @Nullable PublicKey formerKey,
    @Nullable Probe probe) {

  public PeerConfig {
    if (persistentKeepaliveSeconds < 0 || persistentKeepaliveSeconds > 65_535) {
      throw new IllegalArgumentException(
          "a persistent keepalive of "
              + persistentKeepaliveSeconds
              + " s is out of range: 0 to 65535");
    }
    allowedIps = Set.copyOf(allowedIps);
    alternateIps = Set.copyOf(alternateIps);
  }

  public PeerConfig withEndpointHint(Endpoint hint) {
    return new PeerConfig(
        publicKey,
        identity,
        presharedKey,
        hint,
        persistentKeepaliveSeconds,
        allowedIps,
        alternateIps,
        formerIdentity,
        formerKey,
        probe);
  }

  /** A peer that is the only way to its prefixes. */
  public PeerConfig(
      PublicKey publicKey,
      String identity,
      @Nullable PresharedKey presharedKey,
      @Nullable Endpoint endpointHint,
      int persistentKeepaliveSeconds,
      Set<IpPrefix> allowedIps) {
    this(
        publicKey,
        identity,
        presharedKey,
        endpointHint,
        persistentKeepaliveSeconds,
        allowedIps,
        Set.of(),
        null,
        null,
        null);
  }

  /** The same peer as one of several ways to these prefixes. */
  public PeerConfig withAlternateIps(Set<IpPrefix> prefixes) {
    return new PeerConfig(
        publicKey,
        identity,
        presharedKey,
        endpointHint,
        persistentKeepaliveSeconds,
        allowedIps,
        prefixes,
        formerIdentity,
        formerKey,
        probe);
  }

  /** The same peer while our own key changes. */
  public PeerConfig withFormerIdentity(@Nullable FormerIdentity former) {
    return new PeerConfig(
        publicKey,
        identity,
        presharedKey,
        endpointHint,
        persistentKeepaliveSeconds,
        allowedIps,
        alternateIps,
        former,
        formerKey,
        probe);
  }

  /** The same peer under its next key, while it still has this one. */
  public PeerConfig withFormerKey(@Nullable PublicKey former) {
    return new PeerConfig(
        publicKey,
        identity,
        presharedKey,
        endpointHint,
        persistentKeepaliveSeconds,
        allowedIps,
        alternateIps,
        formerIdentity,
        former,
        probe);
  }

  /** The same peer, probed. */
  public PeerConfig withProbe(@Nullable Probe newProbe) {
    return new PeerConfig(
        publicKey,
        identity,
        presharedKey,
        endpointHint,
        persistentKeepaliveSeconds,
        allowedIps,
        alternateIps,
        formerIdentity,
        formerKey,
        newProbe);
  }
}
