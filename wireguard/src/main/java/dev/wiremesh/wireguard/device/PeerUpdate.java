package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.Endpoint;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Partial change of one peer, as by {@code wg set}: null leaves a value unchanged. The peer is
 * added if it does not exist.
 *
 * @param updateOnly do nothing if the peer does not exist
 * @param presharedKey 32 zero bytes mean none
 * @param endpoint replaces a learned endpoint too
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

  /** Result of a change. */
  public enum Result {
    ADDED,
    CHANGED,
    /** The peer does not exist and the change is update-only, or the key is a local one. */
    LEFT_ALONE,
    /** The device has the maximal number of peers. */
    NO_ROOM
  }

  /** One change of a peer's allowed IPs. */
  public sealed interface AllowedIpChange {
    /** Adds the prefix to this peer and removes it from the peer that had it. */
    record Add(IpPrefix prefix) implements AllowedIpChange {}

    /** Removes the prefix from this peer, if this peer has it. */
    record Remove(IpPrefix prefix) implements AllowedIpChange {}

    /** Removes all prefixes from this peer. */
    record RemoveAll() implements AllowedIpChange {}
  }

  public static Builder of(PublicKey publicKey) {
    return new Builder(publicKey);
  }

  /** Collects the changes of one peer. */
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

    /** Removes all allowed IPs, including those added by this builder before. */
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
