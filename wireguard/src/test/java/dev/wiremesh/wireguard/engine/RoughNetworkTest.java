package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loss, reordering and duplication, by seed. */
class RoughNetworkTest {
  private static final int PACKETS = 3000;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  @Scenario(
      "Ten minutes of loss, duplicates and reordering: each packet is delivered at most"
          + " once, and sessions follow each other")
  void packetsAreDeliveredAtMostOnceAndSessionsFollowEachOther(long seed) {
    var pair = new Pair(new World(seed), ProtocolLimits.STANDARD);
    var network = pair.world.network;
    network.setLossRate(0.1);
    network.setDuplicationRate(0.1);
    network.setDelay(Duration.ofMillis(1), Duration.ofMillis(400));
    for (int i = 0; i < PACKETS; i++) {
      pair.ping(i);
      pair.pong(i);
      pair.run(0.2);
    }
    pair.run(10);
    for (int[] received : new int[][] {pair.bobReceived(), pair.aliceReceived()}) {
      assertThat(Arrays.stream(received).distinct().toArray()).hasSameSizeAs(received);
      assertThat(received.length).isGreaterThan(PACKETS * 8 / 10);
    }
    assertThat(pair.bob.dropped(DropReason.REPLAY)).isPositive();
    long handshakes = pair.alice.completed.size() + pair.bob.completed.size();
    assertThat(handshakes).as("600 s are 5 sessions").isBetween(8L, 16L);

    // Long enough that no session is left: one that is just about to expire would be used by the
    // end that got it last, and the other, where it has expired meanwhile, would drop the packet.
    network.setLossRate(0);
    pair.run(400);
    pair.ping(PACKETS);
    pair.run(2);
    assertThat(pair.bobReceived()).contains(PACKETS);
  }
}
