package dev.wiremesh.core.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.Seeds;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {
  /** The pattern of the API schema. */
  private static final Pattern API_PATTERN =
      Pattern.compile("^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$");

  private static final String SECRET = "QJU1bFPC1e024gGPLNHpZyX9SbqOuo3e33vueyDqhko=";

  @Test
  void publicKeyMatchesRfc7748() {
    // RFC 7748 section 6.1, Bob.
    var privateKey = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
    assertThat(PrivateKey.of(HexFormat.of().parseHex(privateKey)).publicKey().toBytes())
        .asHexString()
        .isEqualToIgnoringCase("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  }

  @ParameterizedTest
  @CsvSource({
    "QJU1bFPC1e024gGPLNHpZyX9SbqOuo3e33vueyDqhko=, UG5Q4E8D2Sm2C3+rVww8ojI90gF7pbArpLohVet/UnE=",
    "MBwVhHo90Cs1S5IKp8eNkpyHj3Mml9hMoaB3/eq/UEI=, aW/z9BbveGug1fj/PSKx2hhHYMxLmAumbN7UglVw0Rs="
  })
  void publicKeyEqualsWgPubkey(String privateKey, String publicKey) {
    assertThat(PrivateKey.parse(privateKey).publicKey()).hasToString(publicKey);
    assertThat(PrivateKey.parse(privateKey).toBase64()).isEqualTo(privateKey);
  }

  @Test
  void privateKeysAreClamped() {
    var random = Seeds.random();
    for (int i = 0; i < 1_000; i++) {
      var bytes = new byte[32];
      random.nextBytes(bytes);
      var clamped = PrivateKey.of(bytes).toBytes();
      assertThat(clamped[0] & 7).isZero();
      assertThat(clamped[31] & 0xc0).isEqualTo(0x40);
      bytes[0] = clamped[0];
      bytes[31] = clamped[31];
      assertThat(clamped).isEqualTo(bytes);
    }
  }

  @Test
  void canonicalTextRoundTrips() {
    var random = Seeds.random();
    for (int i = 0; i < 5_000; i++) {
      var bytes = new byte[32];
      random.nextBytes(bytes);
      var text = PublicKey.of(bytes).toString();
      assertThat(text).matches(API_PATTERN);
      assertThat(PublicKey.parse(text).toBytes()).isEqualTo(bytes);
      assertThat(Base64.getDecoder().decode(text)).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "=",
        "not base64 at all",
        // Unused bits set, padding missing, white space, URL alphabet, 31 and 33 bytes.
        "QJU1bFPC1e024gGPLNHpZyX9SbqOuo3e33vueyDqhkp=",
        "QJU1bFPC1e024gGPLNHpZyX9SbqOuo3e33vueyDqhko",
        "QJU1bFPC1e024gGPLNHpZyX9SbqOuo3e33vueyDqhko=\n",
        "MBwVhHo90Cs1S5IKp8eNkpyHj3Mml9hMoaB3_eq_UEI=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      })
  void invalidTextIsRefusedAndNotInTheMessage(String text) {
    assertThatThrownBy(() -> PublicKey.parse(text)).isInstanceOf(InvalidKeyException.class);
    assertThatThrownBy(() -> PresharedKey.parse(text)).isInstanceOf(InvalidKeyException.class);
    assertThatThrownBy(() -> PresharedKeySeed.parse(text)).isInstanceOf(InvalidKeyException.class);
    var thrown = assertThatThrownBy(() -> PrivateKey.parse(text));
    thrown.isInstanceOf(InvalidKeyException.class).hasNoCause();
    if (text.length() > 1) {
      thrown.hasMessageNotContaining(text);
    }
  }

  @Test
  void secretsAreNeverPrinted() {
    assertThat(PrivateKey.parse(SECRET)).hasToString("(private key)");
    assertThat(PresharedKey.parse(SECRET)).hasToString("(preshared key)");
    assertThat(PresharedKeySeed.parse(SECRET)).hasToString("(preshared key seed)");
  }

  @Test
  void keysAreValues() {
    assertThat(PublicKey.parse(SECRET)).isEqualTo(PublicKey.parse(SECRET));
    assertThat(PublicKey.parse(SECRET)).hasSameHashCodeAs(PublicKey.parse(SECRET));
    assertThat(PresharedKey.parse(SECRET)).isEqualTo(PresharedKey.parse(SECRET));
    assertThat(PrivateKey.parse(SECRET)).isEqualTo(PrivateKey.parse(SECRET));
    var key = PublicKey.parse(SECRET);
    key.toBytes()[0] ^= 1;
    assertThat(key).hasToString(SECRET);
  }

  @Test
  void destroyedKeyIsWiped() {
    var privateKey = PrivateKey.parse(SECRET);
    privateKey.destroy();
    assertThat(privateKey.toBytes()).containsOnly(0);
    var presharedKey = PresharedKey.parse(SECRET);
    assertThat(presharedKey.isZero()).isFalse();
    presharedKey.destroy();
    assertThat(presharedKey.isZero()).isTrue();
  }

  @Test
  void pairsDeriveTheSamePresharedKeyOnBothEnds() throws Exception {
    var random = SecureRandom.getInstance("SHA1PRNG");
    random.setSeed(Seeds.random().nextLong());
    var seed = PresharedKeySeed.generate(random);
    var one = PrivateKey.generate(random).publicKey();
    var other = PrivateKey.generate(random).publicKey();
    var third = PrivateKey.generate(random).publicKey();

    assertThat(seed.forPair(one, other)).isEqualTo(seed.forPair(other, one));
    assertThat(seed.forPair(one, other)).isNotEqualTo(seed.forPair(one, third));
    assertThat(PresharedKeySeed.parse(seed.toBase64()).forPair(one, other))
        .isEqualTo(seed.forPair(one, other));
    assertThat(PresharedKeySeed.generate(random).forPair(one, other))
        .isNotEqualTo(seed.forPair(one, other));
  }

  /** Computed with HMAC-SHA256 elsewhere: a change here would part every pair in the field. */
  @Test
  void derivedKeyIsStable() {
    var bytes = new byte[32];
    for (int i = 0; i < 32; i++) {
      bytes[i] = (byte) i;
    }
    var seed = PresharedKeySeed.parse(Base64.getEncoder().encodeToString(bytes));
    var one = key("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    var other = key("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");

    assertThat(seed.forPair(one, other).toBytes())
        .asHexString()
        .isEqualToIgnoringCase("74f2647b0895ae93437afde2566be67ac813dca5f33af1c449c64cf03bd8cc76");
  }

  private static PublicKey key(String hex) {
    return PublicKey.of(HexFormat.of().parseHex(hex));
  }
}
