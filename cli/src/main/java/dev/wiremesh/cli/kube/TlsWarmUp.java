package dev.wiremesh.cli.kube;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;

/**
 * Makes a key of the curve P-256 and drops it, on a thread of its own. The first such key fills the
 * JDK's tables of that curve, a third of the time of a first TLS handshake; so that is done while
 * the kubeconfig is read.
 */
final class TlsWarmUp {
  private TlsWarmUp() {}

  static void start() {
    Thread.ofPlatform().daemon().name("tls-warm-up").start(TlsWarmUp::run);
  }

  private static void run() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      generator.generateKeyPair();
    } catch (GeneralSecurityException _) {
      // Without that curve there is nothing to warm up.
    }
  }
}
