package dev.wiremesh.wireguard.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.FormerIdentity;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.peer.LocalIdentity;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Keys and secrets in memory are overwritten when they are not needed any more. */
class KeysAreWipedTest {
  private final Pair pair = new Pair();

  @Test
  @Scenario("Ephemeral keys are wiped on both ends when the handshake is complete")
  void ephemeralKeysOfAHandshakeThatLed() {
    pair.connected();
    for (var host : new MemoryHost[] {pair.alice, pair.bob}) {
      assertThat(host.drawnKeys()).hasSize(1).allSatisfy(key -> assertThat(key).containsOnly(0));
    }
  }

  @Test
  @Scenario(
      "The ephemeral key of each attempt is wiped before the next attempt, the last one when"
          + " the handshake is given up")
  void ephemeralKeysOfAHandshakeThatIsGivenUp() {
    pair.world.network.lose(sent -> true);
    pair.ping(1);
    pair.run(60);
    var tries = pair.alice.drawnKeys();
    assertThat(tries.getLast()).as("is needed yet").isNotEqualTo(new byte[32]);
    assertThat(tries.subList(0, tries.size() - 1))
        .isNotEmpty()
        .allSatisfy(key -> assertThat(key).containsOnly(0));
    pair.run(60);
    assertThat(pair.alice.handshakes(HandshakeOutcome.GAVE_UP)).isEqualTo(1);
    assertThat(tries).hasSize(20).allSatisfy(key -> assertThat(key).containsOnly(0));
  }

  @Test
  void ephemeralKeysOfARemovedPeer() {
    pair.world.network.lose(sent -> true);
    pair.ping(1);
    pair.alice.device.removePeer(pair.bob.publicKey());
    assertThat(pair.alice.drawnKeys())
        .hasSize(1)
        .allSatisfy(key -> assertThat(key).containsOnly(0));
  }

  @Test
  void identitiesThatAreReplaced() {
    var given = PrivateKey.of(pair.alice.key.toBytes());
    var identity = new LocalIdentity("node", given, new Random(1), 0);
    var held = identity.privateKey();
    identity.wipe();
    assertThat(identity.privateBytes()).containsOnly(0);
    assertThat(held.toBytes()).containsOnly(0);
    assertThat(given).as("belongs to the caller").isEqualTo(pair.alice.key);
  }

  @Test
  void presharedKeysThatAreReplaced() {
    var given = presharedKey(1);
    set(given);
    var first = held();
    set(presharedKey(1));
    assertThat(held()).as("the same once more").isSameAs(first);
    set(presharedKey(2));
    assertThat(first.isZero()).isTrue();
    var second = held();
    pair.alice.device.removePeer(pair.bob.publicKey());
    assertThat(second.isZero()).isTrue();
    assertThat(given).as("belongs to the caller").isEqualTo(presharedKey(1));
  }

  @Test
  void presharedKeysOfFormerIdentities() {
    var given = new FormerIdentity("former", presharedKey(1));
    var held = given.copy();
    assertThat(held).isEqualTo(given);
    held.destroy();
    assertThat(requireNonNull(held.presharedKey()).isZero()).isTrue();
    assertThat(given.presharedKey()).as("belongs to the caller").isEqualTo(presharedKey(1));
    new FormerIdentity("former", null).copy().destroy();
  }

  /** Snapshots that a caller such as wg still reads when the key changes. */
  @Test
  void keysReadByACallerAreWipedAfterwards() {
    set(presharedKey(1));
    var first = held();
    var oldest = pair.alice.device.snapshotInParts(64);
    var older = pair.alice.device.snapshotInParts(64);
    set(presharedKey(2));
    var second = held();
    var younger = pair.alice.device.snapshotInParts(64);
    set(presharedKey(3));
    assertThat(second).as("is read").isEqualTo(presharedKey(2));
    younger.close();
    assertThat(second.isZero()).as("only the youngest knew it").isTrue();
    older.close();
    older.close();
    assertThat(oldest.next().peers().getFirst().configuration().presharedKey())
        .isEqualTo(presharedKey(1));
    oldest.close();
    assertThat(first.isZero()).isTrue();

    var unread = held();
    try (var _ = pair.alice.device.snapshotInParts(64)) {
      var identity = pair.alice.device.snapshot().defaultPrivateKey();
      pair.alice.device.setPrivateKey(null);
      assertThat(identity).as("is read").isEqualTo(pair.alice.key);
      pair.alice.device.removePeer(pair.bob.publicKey());
      assertThat(unread).as("is read").isEqualTo(presharedKey(3));
    }
    assertThat(unread.isZero()).isTrue();
  }

  private void set(PresharedKey key) {
    pair.alice.device.changePeer(PeerUpdate.of(pair.bob.publicKey()).presharedKey(key).build());
  }

  private PresharedKey held() {
    return requireNonNull(pair.alice.peerSnapshot(pair.bob).configuration().presharedKey());
  }

  private static PresharedKey presharedKey(int fill) {
    var bytes = new byte[32];
    Arrays.fill(bytes, (byte) fill);
    return PresharedKey.of(bytes);
  }
}
