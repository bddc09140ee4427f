package dev.wiremesh.wireguard.crypto;

/** The cipher of the JDK itself: everywhere available, with allocation inside. */
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
