package dev.wiremesh.wireguard.crypto.vector;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import java.util.Optional;

/**
 * The backend on the Vector API. It is very slow until the compiler has optimized it, hence the
 * benchmark in {@code crypto.selection}.
 */
public final class VectorCipherBackend implements CipherBackend {
  public static final String NAME = "vector";

  /** JVM option that this backend needs. */
  public static final String JVM_OPTION = "--add-modules jdk.incubator.vector";

  private VectorCipherBackend() {}

  /** Empty where the module is absent or the machine's vectors are too narrow. */
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
