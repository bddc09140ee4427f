package dev.wiremesh.wireguard.noise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.crypto.CipherKey;
import dev.wiremesh.wireguard.crypto.JdkCipherBackend;
import dev.wiremesh.wireguard.crypto.PacketLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s vector of the cacophony project (its file {@code
 * vectors/cacophony.txt}, which most Noise libraries test against).
 */
class NoiseVectorTest {
  private static final byte[] PROLOGUE = hex("4a6f686e2047616c74");
  private static final byte[] PSK =
      hex("54686973206973206d7920417573747269616e20706572737065637469766521");
  private static final byte[] INITIATOR_STATIC =
      hex("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1");
  private static final byte[] INITIATOR_EPHEMERAL =
      hex("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a");
  private static final byte[] RESPONDER_STATIC =
      hex("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893");
  private static final byte[] RESPONDER_STATIC_PUBLIC =
      hex("31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62");
  private static final byte[] RESPONDER_EPHEMERAL =
      hex("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b");
  private static final byte[] HANDSHAKE_HASH =
      hex("f5191b875290abcd41347ac3622d9679688a7e980229cb937ef748336cfde0e5");

  private static final byte[] FIRST_PAYLOAD = hex("4c756477696720766f6e204d69736573");
  private static final byte[] FIRST_EPHEMERAL =
      hex("ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944");
  private static final byte[] FIRST_STATIC =
      hex(
          "001e21de9f98ddd8e2ad57527207feb56253c9c94a9e496782ecfcb2a75fbcaf"
              + "1b52948cc48daefe660c62119ab50009");
  private static final byte[] FIRST_ENCRYPTED_PAYLOAD =
      hex("80c84831215f2441eba616548e832985464cf17e51ee93109008399a21f7e13f");

  private static final byte[] SECOND_PAYLOAD = hex("4d757272617920526f746862617264");
  private static final byte[] SECOND_EPHEMERAL =
      hex("95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843");
  private static final byte[] SECOND_ENCRYPTED_PAYLOAD =
      hex("cb765f2caef0751b8f007572dab0322217755c0632f365717edbf34d33e87a");

  private static final byte[] STATIC_STATIC = agree(INITIATOR_STATIC, RESPONDER_STATIC_PUBLIC);

  @Test
  void initiatorWritesTheFirstMessage() {
    var begun = begin();
    assertThat(begun.ephemeral()).isEqualTo(FIRST_EPHEMERAL);
    assertThat(begun.encryptedStatic()).isEqualTo(FIRST_STATIC);
    assertThat(begun.encryptedPayload()).isEqualTo(FIRST_ENCRYPTED_PAYLOAD);
  }

  @Test
  void responderReadsTheFirstMessageAndWritesTheSecond() {
    var responder = readFirst();
    assertThat(responder.remoteStatic()).isEqualTo(Curve25519.publicKey(INITIATOR_STATIC));
    assertThat(responder.readPayload(STATIC_STATIC, FIRST_ENCRYPTED_PAYLOAD))
        .isEqualTo(FIRST_PAYLOAD);
    var answered = answer(responder);
    assertThat(answered.ephemeral()).isEqualTo(SECOND_EPHEMERAL);
    assertThat(answered.encryptedPayload()).isEqualTo(SECOND_ENCRYPTED_PAYLOAD);
    assertThat(answered.handshakeHash()).isEqualTo(HANDSHAKE_HASH);
  }

  @Test
  void initiatorReadsTheSecondMessage() {
    var finished = finish(begin(), SECOND_ENCRYPTED_PAYLOAD, PSK);
    Objects.requireNonNull(finished);
    assertThat(finished.payload()).isEqualTo(SECOND_PAYLOAD);
    assertThat(finished.handshakeHash()).isEqualTo(HANDSHAKE_HASH);
  }

  @Test
  void transportMessagesGoBothWays() {
    var finished = finish(begin(), SECOND_ENCRYPTED_PAYLOAD, PSK);
    Objects.requireNonNull(finished);
    var keys = finished.keys();
    assertThat(seal(keys.send(), 0, "462e20412e20486179656b"))
        .isEqualTo("8153ca9833bc3c1b91a7e66e5f4d4f5b59bf9e64c2f20d15f0bba7");
    assertThat(seal(keys.receive(), 0, "4361726c204d656e676572"))
        .isEqualTo("07af0c9c86e1b4e80f36b04ff7688d51141af3debd0332f0a705ef");
    assertThat(seal(keys.send(), 1, "4a65616e2d426170746973746520536179"))
        .isEqualTo("6ab1467c0448cc78394494abaaf23afce0e234315d6e2624dcbfa8a21c1c4d073d");
    assertThat(seal(keys.receive(), 1, "457567656e2042f6686d20766f6e2042617765726b"))
        .isEqualTo("dfc346c0d2296ae6cf1acf6f12b8456a1dba228cf8d8b774aacf1c47fc53aa80ebc7a4c292");
    var responder = readFirst();
    responder.readPayload(STATIC_STATIC, FIRST_ENCRYPTED_PAYLOAD);
    var answered = answer(responder).keys();
    assertThat(answered.send()).isEqualTo(keys.receive());
    assertThat(answered.receive()).isEqualTo(keys.send());
  }

  @Test
  void forgedSecondMessageDoesNotEndTheHandshake() {
    var begun = begin();
    byte[] forged = SECOND_ENCRYPTED_PAYLOAD.clone();
    forged[0] ^= 1;
    assertThat(finish(begun, forged, PSK)).isNull();
    assertThat(finish(begun, SECOND_ENCRYPTED_PAYLOAD, new byte[32])).isNull();
    assertThat(finish(begun, SECOND_ENCRYPTED_PAYLOAD, PSK)).isNotNull();
  }

  @Test
  void messageForAnotherKeyIsRefused() {
    assertThat(
            ResponderHandshake.read(
                PROLOGUE,
                INITIATOR_STATIC,
                Curve25519.publicKey(INITIATOR_STATIC),
                FIRST_EPHEMERAL,
                FIRST_STATIC))
        .isNull();
  }

  @Test
  void keysOfLowOrderAreRefused() {
    assertThat(
            InitiatorHandshake.begin(
                PROLOGUE,
                INITIATOR_STATIC,
                Curve25519.publicKey(INITIATOR_STATIC),
                new byte[32],
                STATIC_STATIC,
                INITIATOR_EPHEMERAL.clone(),
                FIRST_PAYLOAD))
        .isNull();
    assertThat(
            ResponderHandshake.read(
                PROLOGUE, RESPONDER_STATIC, RESPONDER_STATIC_PUBLIC, new byte[32], FIRST_STATIC))
        .isNull();
    assertThat(begin().handshake().finish(new byte[32], PSK, SECOND_ENCRYPTED_PAYLOAD)).isNull();
  }

  private static InitiatorHandshake.Begun begin() {
    var begun =
        InitiatorHandshake.begin(
            PROLOGUE,
            INITIATOR_STATIC,
            Curve25519.publicKey(INITIATOR_STATIC),
            RESPONDER_STATIC_PUBLIC,
            STATIC_STATIC,
            INITIATOR_EPHEMERAL.clone(),
            FIRST_PAYLOAD);
    if (begun == null) {
      throw new AssertionError("the vector's key is refused");
    }
    return begun;
  }

  private static InitiatorHandshake.@Nullable Finished finish(
      InitiatorHandshake.Begun begun, byte[] encryptedPayload, byte[] psk) {
    return begun.handshake().finish(SECOND_EPHEMERAL, psk, encryptedPayload);
  }

  private static ResponderHandshake readFirst() {
    var responder =
        ResponderHandshake.read(
            PROLOGUE, RESPONDER_STATIC, RESPONDER_STATIC_PUBLIC, FIRST_EPHEMERAL, FIRST_STATIC);
    if (responder == null) {
      throw new AssertionError("the vector's first message is refused");
    }
    return responder;
  }

  private static ResponderHandshake.Answered answer(ResponderHandshake responder) {
    var answered = responder.answer(RESPONDER_EPHEMERAL.clone(), PSK, SECOND_PAYLOAD);
    if (answered == null) {
      throw new AssertionError("the vector's keys are refused");
    }
    return answered;
  }

  private static String seal(byte[] key, long counter, String plaintext) {
    byte[] plain = hex(plaintext);
    try (var arena = Arena.ofConfined();
        var cipher = new JdkCipherBackend().newCipher()) {
      var slab = arena.allocate(plain.length + 16L);
      slab.asSlice(0, plain.length).copyFrom(MemorySegment.ofArray(plain));
      var packet = PacketLayout.inPlace(slab, new int[1], new int[] {plain.length});
      cipher.seal(new CipherKey(key), packet, 0, 1, counter);
      return HexFormat.of().formatHex(slab.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  private static byte[] agree(byte[] privateKey, byte[] publicKey) {
    byte[] secret = Curve25519.agree(privateKey, publicKey);
    if (secret == null) {
      throw new AssertionError("the vector's keys are refused");
    }
    return secret;
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }
}
