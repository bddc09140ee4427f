package dev.wiremesh.wireguard.crypto;

import java.util.ArrayList;
import java.util.List;

/** A way to compute ChaCha20-Poly1305. Stateless; any thread may ask it for a cipher of its own. */
public interface CipherBackend {
  /**
   * Name for logs, metrics and the switch that forces a backend: {@code jdk}, {@code libcrypto}.
   */
  String name();

  /** A cipher for the calling thread to keep. */
  PacketCipher newCipher();

  /**
   * What this machine and this JVM offer, the preferred one first; never empty. Each has just given
   * the known answers.
   */
  static List<CipherBackend> available() {
    var backends = new ArrayList<CipherBackend>();
    LibcryptoBackend.find().filter(CipherSelfTest::passes).ifPresent(backends::add);
    backends.add(new JdkCipherBackend());
    return List.copyOf(backends);
  }
}
