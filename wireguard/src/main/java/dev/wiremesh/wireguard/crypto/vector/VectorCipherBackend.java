package dev.wiremesh.wireguard.crypto.vector;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import java.util.Optional;

/**
 * The Vector API's backend. It is slow, very slow, until the compiler has seen enough of it: see
 * the package {@code choice}.
 */
public final class VectorCipherBackend implements CipherBackend {
  public static final String NAME = "vector";

  /** What the JVM must be started with, to have this backend. */
  public static final String JVM_OPTION = "--add-modules jdk.incubator.vector";

  private VectorCipherBackend() {}

  /** Empty where the module is absent, or the machine's vectors are too narrow. */
  public static Optional<CipherBackend> find() {
    boolean present = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    return present && Width.supported() ? Optional.of(new VectorCipherBackend()) : Optional.empty();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PacketCipher newCipher() {
    return new VectorPacketCipher();
  }
}
