package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.handshake.CookieChecker;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * One of our own static key pairs, and the cookies that are given out in its name. The private key
 * is a copy of what was given.
 */
public final class LocalIdentity {
  private final String name;
  private final PrivateKey privateKey;
  private final PublicKey publicKey;
  private final byte[] privateBytes;
  private final byte[] publicBytes;
  private final CookieChecker cookies;
  private final long since;

  /**
   * @param since {@link SnapshotReaders#now}
   */
  public LocalIdentity(String name, PrivateKey privateKey, RandomGenerator random, long since) {
    this.name = name;
    this.since = since;
    this.publicKey = privateKey.publicKey();
    this.privateBytes = privateKey.toBytes();
    this.privateKey = PrivateKey.of(privateBytes);
    this.publicBytes = publicKey.toBytes();
    this.cookies = new CookieChecker(publicKey, random);
  }

  public String name() {
    return name;
  }

  public PrivateKey privateKey() {
    return privateKey;
  }

  public PublicKey publicKey() {
    return publicKey;
  }

  /** The key itself, not a copy. */
  public byte[] privateBytes() {
    return privateBytes;
  }

  /** The key itself, not a copy. */
  public byte[] publicBytes() {
    return publicBytes;
  }

  public CookieChecker cookies() {
    return cookies;
  }

  public long since() {
    return since;
  }

  /** Forgets the key, and the secret that cookies are made with. */
  public void wipe() {
    Arrays.fill(privateBytes, (byte) 0);
    privateKey.destroy();
    cookies.wipe();
  }
}
