import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.handshake.Initiation;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.handshake.Response;
import dev.wiremesh.wireguard.handshake.Tai64n;
import dev.wiremesh.wireguard.noise.Curve25519;
import dev.wiremesh.wireguard.noise.InitiatorHandshake;
import dev.wiremesh.wireguard.noise.TransportKeys;
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
import java.util.HexFormat;
import java.util.Objects;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Gives a daemon on this host a session with each of its peers, one after the other: all of them
 * come from one socket, which the protocol allows. Run by bench/uapi-scale from its source.
 *
 * <pre>
 *   Handshakes keys COUNT                 prints so many lines: private and public key
 *   Handshakes shake PORT PUBLIC-KEY      reads them again, and shakes hands with that daemon
 * </pre>
 */
public final class Handshakes {
  private static final byte[] PROLOGUE =
      "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(StandardCharsets.US_ASCII);
  private static final HexFormat HEX = HexFormat.of();
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int PATIENCE_MILLIS = 5000;
  private static final int TRIES = 6;

  private final byte[] daemon;
  private final DatagramSocket socket;

  private Handshakes(int port, byte[] daemon) throws IOException {
    this.daemon = daemon;
    socket = new DatagramSocket();
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  public static void main(String[] arguments) throws IOException, GeneralSecurityException {
    if (arguments[0].equals("keys")) {
      var lines = new StringBuilder();
      for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
        byte[] key = random();
        lines.append(HEX.formatHex(key)).append(' ');
        lines.append(HEX.formatHex(Curve25519.publicKey(key))).append('\n');
      }
      System.out.print(lines);
      return;
    }
    var handshakes = new Handshakes(Integer.parseInt(arguments[1]), HEX.parseHex(arguments[2]));
    int index = 0;
    for (var line : new String(System.in.readAllBytes(), StandardCharsets.US_ASCII).split("\n")) {
      var keys = line.split(" ");
      handshakes.shake(HEX.parseHex(keys[0]), HEX.parseHex(keys[1]), ++index);
    }
  }

  private void shake(byte[] key, byte[] publicKey, int index)
      throws IOException, GeneralSecurityException {
    for (int i = 0; i < TRIES; i++) {
      if (shakeOnce(key, publicKey, index)) {
        return;
      }
    }
    throw new IOException("no answer for peer " + index);
  }

  private boolean shakeOnce(byte[] key, byte[] publicKey, int index)
      throws IOException, GeneralSecurityException {
    byte[] both = Objects.requireNonNull(Curve25519.agree(key, daemon));
    var begun =
        Objects.requireNonNull(
            InitiatorHandshake.begin(
                PROLOGUE,
                key,
                publicKey,
                daemon,
                both,
                random(),
                Tai64n.of(Instant.now()).toBytes()));
    byte[] message =
        new Initiation(index, begun.ephemeral(), begun.encryptedStatic(), begun.encryptedPayload())
            .toBytes();
    new CookieJar(PublicKey.of(daemon)).sign(message, 0);
    socket.send(new DatagramPacket(message, message.length));
    var received = new DatagramPacket(new byte[2048], 2048);
    while (true) {
      try {
        socket.receive(received);
      } catch (SocketTimeoutException e) {
        return false;
      }
      var bytes = ByteBuffer.wrap(received.getData()).order(ByteOrder.LITTLE_ENDIAN);
      if (received.getLength() != MessageType.RESPONSE_LENGTH || bytes.getInt(8) != index) {
        continue; // to a peer before this one
      }
      var response = Response.parse(Arrays.copyOf(bytes.array(), received.getLength()));
      var finished =
          begun.handshake().finish(response.ephemeral(), new byte[32], response.encryptedNothing());
      if (finished != null) {
        confirm(finished.keys(), response.sender());
        return true;
      }
    }
  }

  /** An empty data message, after which the responder takes the session for its own. */
  private void confirm(TransportKeys keys, int receiver)
      throws IOException, GeneralSecurityException {
    var cipher = Cipher.getInstance("ChaCha20-Poly1305");
    cipher.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(keys.send(), "ChaCha20"),
        new IvParameterSpec(new byte[12]));
    byte[] tag = cipher.doFinal();
    byte[] message =
        ByteBuffer.allocate(16 + tag.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(MessageType.DATA)
            .putInt(receiver)
            .putLong(0)
            .put(tag)
            .array();
    socket.send(new DatagramPacket(message, message.length));
  }

  private static byte[] random() {
    var bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return bytes;
  }
}
