package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.Endpoint;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What shall change about one peer, as {@code wg set} says it: null leaves a thing as it is. The
 * peer is added if it is not there yet.
 *
 * @param updateOnly do nothing if the peer is not there
 * @param presharedKey 32 zero bytes mean none
 * @param endpoint set at once, whatever was learned before
 * @param allowedIps additions and removals, in order
 */
public record PeerUpdate(
    PublicKey publicKey,
    boolean updateOnly,
    @Nullable PresharedKey presharedKey,
    @Nullable Endpoint endpoint,
    @Nullable Integer persistentKeepaliveSeconds,
    List<AllowedIpChange> allowedIps) {

  public PeerUpdate {
    allowedIps = List.copyOf(allowedIps);
  }

  /** What became of a change. */
  public enum Result {
    ADDED,
    CHANGED,
    /** It is only for a peer that is there, or names ourselves. */
    LEFT_ALONE,
    /** The device has as many peers as it can have. */
    NO_ROOM
  }

  /** One step on the way to a peer's new allowed IPs. */
  public sealed interface AllowedIpChange {
    /** Gives the prefix to this peer and takes it from whoever had it. */
    record Add(IpPrefix prefix) implements AllowedIpChange {}

    /** Takes the prefix from this peer; nothing happens if it is not this peer's. */
    record Remove(IpPrefix prefix) implements AllowedIpChange {}

    /** Takes all prefixes from this peer. */
    record RemoveAll() implements AllowedIpChange {}
  }

  public static Builder of(PublicKey publicKey) {
    return new Builder(publicKey);
  }

  /** Collects the lines about one peer. */
  public static final class Builder {
    private final PublicKey publicKey;
    private final ArrayList<AllowedIpChange> allowedIps = new ArrayList<>();
    private boolean updateOnly;
    private @Nullable PresharedKey presharedKey;
    private @Nullable Endpoint endpoint;
    private @Nullable Integer persistentKeepaliveSeconds;

    private Builder(PublicKey publicKey) {
      this.publicKey = publicKey;
    }

    public Builder updateOnly() {
      updateOnly = true;
      return this;
    }

    public Builder presharedKey(PresharedKey key) {
      presharedKey = key;
      return this;
    }

    public Builder endpoint(Endpoint to) {
      endpoint = to;
      return this;
    }

    public Builder persistentKeepalive(int seconds) {
      persistentKeepaliveSeconds = seconds;
      return this;
    }

    /** Drops all allowed IPs, those of this change given so far included. */
    public Builder replaceAllowedIps() {
      allowedIps.add(new AllowedIpChange.RemoveAll());
      return this;
    }

    public Builder allow(IpPrefix prefix) {
      allowedIps.add(new AllowedIpChange.Add(prefix));
      return this;
    }

    public Builder disallow(IpPrefix prefix) {
      allowedIps.add(new AllowedIpChange.Remove(prefix));
      return this;
    }

    public PeerUpdate build() {
      return new PeerUpdate(
          publicKey, updateOnly, presharedKey, endpoint, persistentKeepaliveSeconds, allowedIps);
    }
  }
}
