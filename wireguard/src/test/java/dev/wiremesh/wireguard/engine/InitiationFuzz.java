package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.control.HandshakeInitiator;
import dev.wiremesh.wireguard.handshake.Initiation;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.handshake.Response;
import dev.wiremesh.wireguard.handshake.Tai64n;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.noise.Blake2s;
import dev.wiremesh.wireguard.noise.Curve25519;
import dev.wiremesh.wireguard.noise.InitiatorHandshake;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * Fuzz target: messages that only the holder of a peer's key can send. Handshakes are sealed as
 * they must be, around a static key and a timestamp from the fuzzer, so that they come further than
 * {@link DatagramFuzz} does. Bits of the first byte: whether the static key is whatever follows
 * instead of the peer's; whether that peer is new.
 */
public final class InitiationFuzz {
  private static final Pair PAIR = pair();
  private static final MemoryHost CAROL = PAIR.world.host("carol", "192.0.2.3");
  private static final byte[] PRIVATE = CAROL.key.toBytes();
  private static final byte[] BOB = PAIR.bob.publicKey().toBytes();
  private static final byte[] STATIC_STATIC =
      Objects.requireNonNull(Curve25519.agree(PRIVATE, BOB));
  private static final byte[] MAC1_KEY =
      Blake2s.hash("mac1----".getBytes(StandardCharsets.US_ASCII), BOB);

  /** Of the newest initiation that was answered; nothing was, at first. */
  private static byte[] newest = new byte[Tai64n.LENGTH];

  private static boolean introduced;

  private InitiationFuzz() {}

  private static Pair pair() {
    return new Pair().connected();
  }

  /** Makes Carol a peer that was never heard. */
  private static void introduceCarol() {
    PAIR.bob.device.removePeer(CAROL.publicKey());
    PAIR.bob.device.changePeer(PAIR.bob.peer(CAROL, "10.0.0.3/32").build());
    newest = new byte[Tai64n.LENGTH];
  }

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 1 + Tai64n.LENGTH) {
      return;
    }
    if (!introduced || newest[0] < 0 || (input[0] & 2) != 0) {
      introduceCarol();
      introduced = true;
    }
    // One initiation in 50 ms is all that a peer may have answered.
    PAIR.run(0.1);
    PAIR.sent();
    byte[] timestamp = Arrays.copyOfRange(input, 1, 1 + Tai64n.LENGTH);
    byte[] carol = CAROL.publicKey().toBytes();
    byte[] sent =
        (input[0] & 1) == 0
            ? carol
            : Arrays.copyOf(Arrays.copyOfRange(input, 1 + Tai64n.LENGTH, input.length), 32);
    // A fuzzer that sees what is compared comes to know her key, too.
    boolean known = Arrays.equals(sent, carol);
    var begun = begin(sent, timestamp, input.length);
    inject(
        mac1(
            new Initiation(
                7, begun.ephemeral(), begun.encryptedStatic(), begun.encryptedPayload())));
    boolean answered = answers(begun);
    boolean newer = Arrays.compareUnsigned(timestamp, newest) > 0;
    if (answered != (known && newer)) {
      throw new AssertionError(
          (answered ? "answered" : "not answered") + ", known " + known + ", newer " + newer);
    }
    if (answered) {
      newest = timestamp;
    }
    begun.handshake().wipe();
  }

  private static InitiatorHandshake.Begun begin(byte[] sent, byte[] timestamp, int seed) {
    byte[] ephemeral = new byte[32];
    Arrays.fill(ephemeral, (byte) (seed | 64));
    return Objects.requireNonNull(
        InitiatorHandshake.begin(
            HandshakeInitiator.PROLOGUE, PRIVATE, sent, BOB, STATIC_STATIC, ephemeral, timestamp));
  }

  private static byte[] mac1(Initiation initiation) {
    byte[] message = initiation.toBytes();
    byte[] mac = Blake2s.macOfPrefix(MAC1_KEY, message, message.length - 32);
    System.arraycopy(mac, 0, message, message.length - 32, mac.length);
    return message;
  }

  private static void inject(byte[] message) {
    var from = new Datagram.Address(CAROL.address, 7);
    var to = new Datagram.Address(PAIR.bob.address, MemoryHost.PORT);
    PAIR.world.network.inject(new Datagram(from, to, message));
    PAIR.world.settle();
  }

  /** Whether there is a response, which then must be authentic. */
  private static boolean answers(InitiatorHandshake.Begun begun) {
    boolean answered = false;
    for (var datagram : PAIR.sent()) {
      if (datagram.type() == MessageType.RESPONSE && datagram.to().host().equals(CAROL.address)) {
        var response = Response.parse(datagram.payload());
        answered =
            begun
                    .handshake()
                    .finish(response.ephemeral(), new byte[32], response.encryptedNothing())
                != null;
        if (!answered) {
          throw new AssertionError("a response that Carol cannot read");
        }
      }
    }
    PAIR.bob.drawnKeys().clear();
    return answered;
  }
}
