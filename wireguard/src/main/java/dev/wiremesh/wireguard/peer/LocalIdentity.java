package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.handshake.CookieChecker;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * A static key pair of the device with its cookie checker. The private key is a copy. Guarded by
 * the control lock.
 */
public final class LocalIdentity {
  private final String name;
  private final PrivateKey privateKey;
  private final PublicKey publicKey;
  private final byte[] privateBytes;
  private final byte[] publicBytes;
  private final CookieChecker cookieChecker;
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
    this.cookieChecker = new CookieChecker(publicKey, random);
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

  public CookieChecker cookieChecker() {
    return cookieChecker;
  }

  public long since() {
    return since;
  }

  /** Wipes the private key and the cookie secret. */
  public void wipe() {
    Arrays.fill(privateBytes, (byte) 0);
    privateKey.destroy();
    cookieChecker.wipe();
  }
}
