package dev.wiremesh.wireguard.control;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.peer.LocalIdentity;
import dev.wiremesh.wireguard.peer.SnapshotReaders;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The local identities by name, all on one socket. Guarded by the control lock. */
public final class LocalIdentities {
  private final Map<String, LocalIdentity> byName = new LinkedHashMap<>();
  private final RandomGenerator random;
  private final SnapshotReaders snapshotReaders;

  public LocalIdentities(RandomGenerator random, SnapshotReaders snapshotReaders) {
    this.random = random;
    this.snapshotReaders = snapshotReaders;
  }

  @Nullable LocalIdentity get(String name) {
    return byName.get(name);
  }

  /**
   * Sets or (null) removes a key.
   *
   * @return false if nothing changed
   */
  boolean set(String name, @Nullable PrivateKey key) {
    var old = byName.get(name);
    if (Objects.equals(old == null ? null : old.privateKey(), key)) {
      return false;
    }
    if (old != null) {
      snapshotReaders.wipe(old.since(), old::wipe);
    }
    if (key == null) {
      byName.remove(name);
    } else {
      byName.put(name, new LocalIdentity(name, key, random, snapshotReaders.now()));
    }
    return true;
  }

  /** The identity whose MAC1 key a handshake message was made with; null if none. */
  @Nullable LocalIdentity addressed(byte[] message) {
    for (var identity : byName.values()) {
      if (identity.cookieChecker().hasMac1(message)) {
        return identity;
      }
    }
    return null;
  }

  /** True for the public key of a local identity. */
  boolean isOwn(PublicKey key) {
    return byName.values().stream().anyMatch(identity -> identity.publicKey().equals(key));
  }

  public Map<String, PrivateKey> privateKeys() {
    var keys = new LinkedHashMap<String, PrivateKey>();
    byName.forEach((name, identity) -> keys.put(name, identity.privateKey()));
    return keys;
  }
}
