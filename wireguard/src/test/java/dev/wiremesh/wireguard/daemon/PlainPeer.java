package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.handshake.CookieGenerator;
import dev.wiremesh.wireguard.handshake.Initiation;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.handshake.Response;
import dev.wiremesh.wireguard.handshake.Tai64n;
import dev.wiremesh.wireguard.noise.Curve25519;
import dev.wiremesh.wireguard.noise.InitiatorHandshake;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** A peer that does the least: one handshake, one ping through it. Single-threaded. */
final class PlainPeer implements AutoCloseable {
  private static final byte[] PROLOGUE =
      "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(StandardCharsets.US_ASCII);
  private static final int ATTEMPTS = 20;
  private static final int PATIENCE_MILLIS = 3000;

  private final PrivateKey key = PrivateKey.generate(new SecureRandom());
  private final IpAddress address;
  private final DatagramSocket socket;

  PlainPeer(DatagramSocket socket, IpAddress address) {
    this.socket = socket;
    this.address = address;
  }

  PublicKey publicKey() {
    return key.publicKey();
  }

  IpAddress address() {
    return address;
  }

  int port() {
    return socket.getLocalPort();
  }

  /** Whether a ping to the other end's inner address was answered through the tunnel. */
  boolean pings(PublicKey remote, InetSocketAddress endpoint, IpAddress inner)
      throws IOException, GeneralSecurityException {
    socket.setSoTimeout(PATIENCE_MILLIS);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return pingsOnce(remote, endpoint, inner);
      } catch (SocketTimeoutException e) {
        // The next attempt starts with a new initiation.
      }
    }
    return false;
  }

  private boolean pingsOnce(PublicKey remote, InetSocketAddress endpoint, IpAddress inner)
      throws IOException, GeneralSecurityException {
    var ephemeral = new byte[Curve25519.KEY_LENGTH];
    new SecureRandom().nextBytes(ephemeral);
    var own = key.toBytes();
    var begun =
        Objects.requireNonNull(
            InitiatorHandshake.begin(
                PROLOGUE,
                own,
                key.publicKey().toBytes(),
                remote.toBytes(),
                Objects.requireNonNull(Curve25519.agree(own, remote.toBytes())),
                ephemeral,
                Tai64n.of(Instant.now()).toBytes()));
    var initiation =
        new Initiation(7, begun.ephemeral(), begun.encryptedStatic(), begun.encryptedPayload())
            .toBytes();
    new CookieGenerator(remote).sign(initiation, 0);
    send(initiation, endpoint);

    var response = Response.parse(receive(MessageType.RESPONSE));
    var finished =
        Objects.requireNonNull(
            begun
                .handshake()
                .finish(response.ephemeral(), new byte[32], response.encryptedNothing()));
    var packet = echoRequest(inner);
    var sealed = crypt(Cipher.ENCRYPT_MODE, finished.keys().send(), 0, packet);
    send(
        ByteBuffer.allocate(MessageType.DATA_HEADER_LENGTH + sealed.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(MessageType.DATA)
            .putInt(response.sender())
            .putLong(0)
            .put(sealed)
            .array(),
        endpoint);

    while (true) {
      var message = receive(MessageType.DATA);
      long counter = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getLong(8);
      var plain =
          crypt(
              Cipher.DECRYPT_MODE,
              finished.keys().receive(),
              counter,
              Arrays.copyOfRange(message, MessageType.DATA_HEADER_LENGTH, message.length));
      if (plain.length > 0) {
        return plain[20] == 0; // an echo reply
      }
    }
  }

  private void send(byte[] message, InetSocketAddress to) throws IOException {
    socket.send(new DatagramPacket(message, message.length, to));
  }

  private byte[] receive(int type) throws IOException {
    var buffer = new DatagramPacket(new byte[2048], 2048);
    do {
      socket.receive(buffer);
    } while (buffer.getData()[0] != type);
    return Arrays.copyOf(buffer.getData(), buffer.getLength());
  }

  private static byte[] crypt(int mode, byte[] key, long counter, byte[] text)
      throws GeneralSecurityException {
    var nonce =
        ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putInt(0).putLong(counter).array();
    var cipher = Cipher.getInstance("ChaCha20-Poly1305");
    cipher.init(mode, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(nonce));
    return cipher.doFinal(text);
  }

  private byte[] echoRequest(IpAddress to) {
    var packet = ByteBuffer.allocate(32);
    packet.put((byte) 0x45).position(3).put((byte) 32);
    packet.position(8).put((byte) 64).put((byte) 1).putShort((short) 0);
    packet.put(address.toBytes()).put(to.toBytes());
    packet.put((byte) 8).position(24).putInt(0x00070001).putInt(0x77697265);
    packet.putShort(10, checksum(packet, 0, 20)).putShort(22, checksum(packet, 20, 32));
    return packet.array();
  }

  private static short checksum(ByteBuffer packet, int from, int to) {
    int sum = 0;
    for (int at = from; at < to; at += 2) {
      sum += Short.toUnsignedInt(packet.getShort(at));
    }
    return (short) ~((sum & 0xffff) + (sum >>> 16));
  }

  @Override
  public void close() {
    socket.close();
  }
}
