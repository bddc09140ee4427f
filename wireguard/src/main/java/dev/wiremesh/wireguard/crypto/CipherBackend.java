package dev.wiremesh.wireguard.crypto;

import java.util.ArrayList;
import java.util.List;

/**
 * An implementation of ChaCha20-Poly1305. Stateless; any thread may take a cipher of its own from
 * it.
 */
public interface CipherBackend {
  /**
   * Name for logs, metrics and the switch that forces a backend: {@code jdk}, {@code libcrypto}.
   */
  String name();

  /** A cipher for the calling thread to keep. */
  PacketCipher newCipher();

  /**
   * The backends of this machine and JVM, the preferred one first; never empty. Each has just
   * passed the known-answer test.
   */
  static List<CipherBackend> available() {
    var backends = new ArrayList<CipherBackend>();
    LibcryptoBackend.find().filter(CipherSelfTest::passes).ifPresent(backends::add);
    backends.add(new JdkCipherBackend());
    return List.copyOf(backends);
  }
}
