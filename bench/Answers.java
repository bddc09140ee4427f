import dev.wiremesh.wireguard.noise.Curve25519;
import dev.wiremesh.wireguard.noise.InitiatorHandshake;
import dev.wiremesh.wireguard.noise.ResponderHandshake;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Objects;

/**
 * How many handshakes a second one core of this machine answers, in one number: all of a
 * responder's cryptography, no socket. Run by bench/handshake-flood from its source.
 */
public final class Answers {
  private static final byte[] PROLOGUE =
      "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(StandardCharsets.US_ASCII);
  private static final int ROUNDS = 5;
  private static final long ROUND_NANOS = 1_000_000_000;

  private static final SecureRandom RANDOM = new SecureRandom();

  public static void main(String[] arguments) {
    byte[] initiator = random(32);
    byte[] responder = random(32);
    byte[] responderPublic = Curve25519.publicKey(responder);
    byte[] initiatorPublic = Curve25519.publicKey(initiator);
    byte[] both = Objects.requireNonNull(Curve25519.agree(initiator, responderPublic));
    var begun =
        Objects.requireNonNull(
            InitiatorHandshake.begin(
                PROLOGUE,
                initiator,
                initiatorPublic,
                responderPublic,
                both,
                random(32),
                new byte[12]));
    long best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long end = System.nanoTime() + ROUND_NANOS;
      long answered = 0;
      while (System.nanoTime() < end) {
        var handshake =
            Objects.requireNonNull(
                ResponderHandshake.read(
                    PROLOGUE,
                    responder,
                    responderPublic,
                    begun.ephemeral(),
                    begun.encryptedStatic()));
        Objects.requireNonNull(handshake.readPayload(both, begun.encryptedPayload()));
        Objects.requireNonNull(handshake.answer(random(32), new byte[32], new byte[0]));
        answered++;
      }
      best = Math.max(best, answered);
    }
    System.out.println(best);
  }

  private static byte[] random(int length) {
    var bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }
}
