package dev.wiremesh.wireguard.crypto;

/** The JDK's cipher: available everywhere; allocates inside. */
public final class JdkCipherBackend implements CipherBackend {
  @Override
  public String name() {
    return "jdk";
  }

  @Override
  public PacketCipher newCipher() {
    return new JdkPacketCipher();
  }
}
