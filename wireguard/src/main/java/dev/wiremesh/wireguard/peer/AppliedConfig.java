package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.device.FormerIdentity;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a peer that is in force. Guarded by the control lock; {@code
 * control.DeviceConfigurator} changes it.
 */
public final class AppliedConfig {
  public String identityName;

  /** Local identity of that name; null as long as there is none. */
  public @Nullable LocalIdentity identity;

  /** The peer's own copy. */
  public @Nullable PresharedKey presharedKey;

  /** {@link SnapshotReaders#now} when the preshared key was set. */
  public long presharedKeySince;

  public int persistentKeepaliveSeconds;
  public final TreeSet<IpPrefix> allowedIps = new TreeSet<>();
  public final TreeSet<IpPrefix> alternateIps = new TreeSet<>();

  /** Local identity that the peer may still address; the peer's own copy. */
  public @Nullable FormerIdentity formerIdentity;

  /** Key that the same host had before, and may still use. */
  public @Nullable PublicKey formerKey;

  AppliedConfig(String identityName) {
    this.identityName = identityName;
  }

  /** Copy of the values that snapshots show. */
  PeerSnapshot.Configuration snapshot() {
    return new PeerSnapshot.Configuration(
        identityName, presharedKey, persistentKeepaliveSeconds, List.copyOf(allowedIps));
  }
}
