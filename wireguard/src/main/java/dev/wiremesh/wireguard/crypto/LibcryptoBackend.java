package dev.wiremesh.wireguard.crypto;

import java.util.Optional;

/** OpenSSL's assembly, through the system's libcrypto.so.3. */
public final class LibcryptoBackend implements CipherBackend {
  private LibcryptoBackend() {}

  /** Empty where the library is missing or does not offer ChaCha20-Poly1305 (FIPS mode). */
  static Optional<CipherBackend> find() {
    return Evp.isAvailable() && Evp.CHACHA20_POLY1305 != 0
        ? Optional.of(new LibcryptoBackend())
        : Optional.empty();
  }

  @Override
  public String name() {
    return "libcrypto";
  }

  @Override
  public PacketCipher newCipher() {
    return new LibcryptoPacketCipher();
  }
}
