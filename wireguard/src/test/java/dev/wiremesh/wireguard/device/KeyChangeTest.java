package dev.wiremesh.wireguard.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Alice changes her key in the four steps of a rotation while packets flow: the next key is
 * published, she goes over to it, it becomes the only one, and the old one is forgotten.
 */
class KeyChangeTest {
  private static final Set<IpPrefix> ALICE = Set.of(IpPrefix.parse(Pair.ALICE + "/32"));
  private static final Set<IpPrefix> BOB = Set.of(IpPrefix.parse(Pair.BOB + "/32"));
  private static final String NEXT = "next";

  private final Pair pair = new Pair();
  private final PrivateKey nextKey = PrivateKey.of(fill(77));
  private final PresharedKey oldPsk = PresharedKey.of(fill(1));
  private final PresharedKey nextPsk = PresharedKey.of(fill(2));
  private int sent;

  /** Who sends while the key changes. */
  enum Flow {
    BOTH,
    TO_ALICE,
    FROM_ALICE
  }

  @ParameterizedTest
  @EnumSource(Flow.class)
  @Scenario("A key change in four steps under a flow loses no packet")
  void noPacketIsLost(Flow flow) {
    pair.alice.device.setPeer(bob(DeviceSettings.DEFAULT_IDENTITY, oldPsk));
    pair.bob.device.setPeer(alice(pair.alice.key, oldPsk, ALICE, Set.of()));
    flow(flow, 150);

    pair.bob.device.setPeer(alice(nextKey, nextPsk, Set.of(), ALICE));
    pair.alice.device.setIdentity(NEXT, nextKey);
    flow(flow, 150);

    pair.alice.device.setPeer(
        bob(NEXT, nextPsk)
            .withFormerIdentity(new FormerIdentity(DeviceSettings.DEFAULT_IDENTITY, oldPsk)));
    flow(flow, 400);

    pair.bob.device.setPeer(alice(nextKey, nextPsk, ALICE, Set.of()));
    pair.bob.device.removePeer(pair.alice.publicKey());
    flow(flow, 150);

    pair.alice.device.setIdentity(DeviceSettings.DEFAULT_IDENTITY, nextKey);
    pair.alice.device.setPeer(bob(DeviceSettings.DEFAULT_IDENTITY, nextPsk));
    flow(flow, 150);
    assertThat(pair.bob.device.snapshot().peers())
        .extracting(PeerSnapshot::publicKey)
        .containsExactly(nextKey.publicKey());
  }

  private void flow(Flow flow, int seconds) {
    for (int i = 0; i < 2 * seconds; i++) {
      sent++;
      if (flow != Flow.TO_ALICE) {
        pair.ping(sent);
      }
      if (flow != Flow.FROM_ALICE) {
        pair.pong(sent);
      }
      pair.run(0.5);
      if (flow != Flow.TO_ALICE) {
        assertThat(pair.bobReceived()).as("after %s", pair.world.nanos()).containsExactly(sent);
      }
      if (flow != Flow.FROM_ALICE) {
        assertThat(pair.aliceReceived()).as("after %s", pair.world.nanos()).containsExactly(sent);
      }
    }
  }

  private PeerSettings bob(String identity, PresharedKey presharedKey) {
    return new PeerSettings(
        pair.bob.publicKey(), identity, presharedKey, pair.bob.endpoint(), 0, BOB);
  }

  private PeerSettings alice(
      PrivateKey key,
      @Nullable PresharedKey presharedKey,
      Set<IpPrefix> allowedIps,
      Set<IpPrefix> alternateIps) {
    return new PeerSettings(
            key.publicKey(),
            DeviceSettings.DEFAULT_IDENTITY,
            presharedKey,
            pair.alice.endpoint(),
            0,
            allowedIps)
        .withAlternateIps(alternateIps);
  }

  private static byte[] fill(int with) {
    var bytes = new byte[32];
    Arrays.fill(bytes, (byte) with);
    return bytes;
  }
}
