package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.handshake.CookieChecker;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * One of our own static key pairs, and the cookies that are given out in its name. The private key
 * is a copy of what was given.
 */
final class LocalIdentity {
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
  LocalIdentity(String name, PrivateKey privateKey, RandomGenerator random, long since) {
    this.name = name;
    this.since = since;
    this.publicKey = privateKey.publicKey();
    this.privateBytes = privateKey.toBytes();
    this.privateKey = PrivateKey.of(privateBytes);
    this.publicBytes = publicKey.toBytes();
    this.cookies = new CookieChecker(publicKey, random);
  }

  String name() {
    return name;
  }

  PrivateKey privateKey() {
    return privateKey;
  }

  PublicKey publicKey() {
    return publicKey;
  }

  /** The key itself, not a copy. */
  byte[] privateBytes() {
    return privateBytes;
  }

  /** The key itself, not a copy. */
  byte[] publicBytes() {
    return publicBytes;
  }

  CookieChecker cookies() {
    return cookies;
  }

  long since() {
    return since;
  }

  /** Forgets the key, and the secret that cookies are made with. */
  void wipe() {
    Arrays.fill(privateBytes, (byte) 0);
    privateKey.destroy();
    cookies.wipe();
  }
}
