package dev.wiremesh.wireguard.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CookieTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final PublicKey key = PublicKey.of(bytes(32, 1));
  private final CookieChecker checker = new CookieChecker(key, new Random(2));
  private final CookieGenerator generator = new CookieGenerator(key);
  private final UdpEndpoint source = UdpEndpoint.of(IpAddress.parse("192.0.2.1"), 1000);
  private final byte[] message = bytes(MessageType.INITIATION_LENGTH, 3);

  @Test
  void signedMessageHasAMac1ThatOnlyItsReceiverAccepts() {
    generator.sign(message, 0);
    assertThat(checker.hasMac1(message)).isTrue();
    assertThat(new CookieChecker(PublicKey.of(bytes(32, 9)), new Random(1)).hasMac1(message))
        .isFalse();
    message[5] ^= 1;
    assertThat(checker.hasMac1(message)).isFalse();
  }

  @Test
  void cookieMakesAMac2ThatIsGoodForItsSourceOnly() {
    takeCookie(0);
    generator.sign(message, SECOND);
    assertThat(checker.hasMac2(message, source, SECOND)).isTrue();
    var otherPort = UdpEndpoint.of(source.address(), 1001);
    assertThat(checker.hasMac2(message, otherPort, SECOND)).isFalse();
    var otherHost = UdpEndpoint.of(IpAddress.parse("192.0.2.2"), 1000);
    assertThat(checker.hasMac2(message, otherHost, SECOND)).isFalse();
  }

  @Test
  void withoutACookieThereIsNoMac2() {
    generator.sign(message, 0);
    checker.reply(message, 1, source, 0);
    assertThat(checker.hasMac2(message, source, 0)).isFalse();
  }

  /** The receiver of a cookie stops using it 5 s earlier, since its messages take time. */
  @Test
  void cookiesAreForgottenByBothEndsAfterTwoMinutes() {
    takeCookie(0);
    generator.sign(message, 114 * SECOND);
    assertThat(checker.hasMac2(message, source, 119 * SECOND)).isTrue();
    assertThat(checker.hasMac2(message, source, 120 * SECOND)).isFalse();
    byte[] later = bytes(MessageType.INITIATION_LENGTH, 4);
    byte[] mac2Before = mac2(later);
    generator.sign(later, 115 * SECOND);
    assertThat(mac2(later)).isEqualTo(mac2Before);
  }

  @Test
  void cookieThatAnswersAnotherMessageIsRefused() {
    generator.sign(message, 0);
    var reply = checker.reply(message, 1, source, 0);
    generator.sign(bytes(MessageType.INITIATION_LENGTH, 5), 0);
    assertThat(generator.consumeReply(reply, 0)).isFalse();
  }

  @Test
  void cookieIsTakenOnce() {
    generator.sign(message, 0);
    var reply = CookieReply.parse(checker.reply(message, 7, source, 0).toBytes());
    assertThat(reply.receiver()).isEqualTo(7);
    assertThat(generator.consumeReply(reply, 0)).isTrue();
    assertThat(generator.consumeReply(reply, 0)).isFalse();
  }

  @Test
  void secretIsWipedWhenItsTimeIsOver() {
    var drawn = new ArrayList<byte[]>();
    var random =
        new Random(3) {
          private static final long serialVersionUID = 1L;

          @Override
          public void nextBytes(byte[] bytes) {
            super.nextBytes(bytes);
            if (bytes.length == 32) {
              drawn.add(bytes);
            }
          }
        };
    var forgetful = new CookieChecker(key, random);
    forgetful.reply(message, 1, source, 0);
    forgetful.reply(message, 1, source, 119 * SECOND);
    assertThat(drawn).hasSize(1);
    assertThat(drawn.getFirst()).isNotEqualTo(new byte[32]);
    forgetful.reply(message, 1, source, 120 * SECOND);
    assertThat(drawn).hasSize(2);
    assertThat(drawn.getFirst()).containsOnly(0);
    forgetful.wipe();
    assertThat(drawn.getLast()).containsOnly(0);
  }

  @Test
  void cookieIsWipedWhenItIsStaleReplacedOrOfNoUse() throws ReflectiveOperationException {
    takeCookie(0);
    byte[] first = heldCookie();
    assertThat(first).isNotEqualTo(new byte[16]);
    takeCookie(SECOND);
    byte[] second = heldCookie();
    assertThat(first).containsOnly(0);
    generator.sign(message, 116 * SECOND);
    assertThat(second).containsOnly(0);
    takeCookie(120 * SECOND);
    byte[] third = heldCookie();
    generator.wipe();
    assertThat(third).containsOnly(0);
  }

  /** The cookie has no accessor; its wiping is checked by reflection. */
  private byte[] heldCookie() throws ReflectiveOperationException {
    var field = CookieGenerator.class.getDeclaredField("cookie");
    field.setAccessible(true);
    return (byte[]) field.get(generator);
  }

  @Test
  void sourceMayBurstAndThenGoOnAtItsRate() {
    var limit = new SourceRateLimit();
    for (int i = 0; i < 5; i++) {
      assertThat(limit.admit(source.address(), 0)).isTrue();
    }
    assertThat(limit.admit(source.address(), 0)).isFalse();
    assertThat(limit.admit(IpAddress.parse("192.0.2.2"), 0)).isTrue();
    assertThat(limit.admit(source.address(), SECOND / 20)).isTrue();
    assertThat(limit.admit(source.address(), SECOND / 20)).isFalse();
  }

  @Test
  void ipv6HostsOfOneNetworkShareOneRate() {
    var limit = new SourceRateLimit();
    int admitted = 0;
    for (int i = 0; i < 100; i++) {
      if (limit.admit(IpAddress.parse("2001:db8::" + Integer.toHexString(i)), 0)) {
        admitted++;
      }
    }
    assertThat(admitted).isEqualTo(5);
  }

  private void takeCookie(long now) {
    generator.sign(message, now);
    assertThat(generator.consumeReply(checker.reply(message, 1, source, now), now)).isTrue();
  }

  private static byte[] mac2(byte[] message) {
    return Arrays.copyOfRange(message, message.length - 16, message.length);
  }

  private static byte[] bytes(int length, int seed) {
    var bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
