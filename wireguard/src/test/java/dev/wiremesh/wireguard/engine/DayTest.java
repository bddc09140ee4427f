package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.crypto.CipherKey;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.io.memory.Datagram;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A day of a gateway with 200 peers: some always there, some held open by keepalives, most now and
 * then; with loss, with peers that move, and with wall clocks that jump.
 *
 * <p>Takes 20 s: a day of handshakes is computed.
 */
@Execution(ExecutionMode.CONCURRENT)
class DayTest {
  private static final int PEERS = 200;
  private static final int ALWAYS_THERE = 2;
  private static final int HELD_OPEN = 4;
  private static final double LOSS = 0.05;
  private static final Duration DAY = Duration.ofHours(24);
  private static final Duration TICK = Duration.ofSeconds(20);

  /** One is sent each tick: so many are far more than a twentieth loses, or a handshake takes. */
  private static final int STUCK = 15;

  /** Tests beside this one have keys of their own; a leak of a day is a hundred times as many. */
  private static final int KEYS_OF_OTHER_TESTS = 500;

  private static final String GATEWAY = "10.0.0.1";
  private static final UserSpaceDevice.Holdings NOTHING =
      new UserSpaceDevice.Holdings(0, 0, 0, 0, 0);

  private final long seed = 20_260_101;
  private final Random random = new Random(seed);
  private final World world = new World(seed);
  private final MemoryHost gateway = world.host("gateway", "192.0.2.1");
  private final List<MemoryHost> peers = new ArrayList<>();
  private final Nonces nonces = new Nonces();
  private final long keysBefore = LiveObjects.count(CipherKey.class);

  /** Of what each peer says: how often in a row nothing arrived. */
  private final int[] unheard = new int[PEERS];

  private int longestUnheard;
  private long sent;
  private long received;

  @Test
  @Scenario(
      "In 24 h of protocol time with 200 peers, 5 % loss, roaming and clock jumps, no memory"
          + " leaks, every pair gets a session again, and no nonce is used twice")
  void nothingLeaksNothingSticksAndNoNonceIsUsedTwice() {
    for (int i = 0; i < PEERS; i++) {
      peers.add(peer(i));
    }
    world.network.setLossRate(LOSS);
    world.network.setDelay(Duration.ofMillis(5), Duration.ofMillis(60));
    world.network.lose(nonces::isRepeated);
    var talking = new int[PEERS];
    for (long tick = 0; tick < DAY.dividedBy(TICK); tick++) {
      for (int i = 0; i < PEERS; i++) {
        if (random.nextInt(2000) == 0) {
          talking[i] = 1 + random.nextInt(15);
        }
        if (i < ALWAYS_THERE || talking[i]-- > 0) {
          talk(i, (int) tick);
        }
      }
      if (tick % 250 == 125) {
        world.moveWallClock(Duration.ofSeconds(random.nextInt(-4000, 4000)));
      }
      if (tick % 10 == 0) {
        move(peers.get(random.nextInt(PEERS)));
      }
      world.run(TICK);
      collect();
      longestUnheard = Math.max(longestUnheard, Arrays.stream(unheard).max().orElseThrow());
    }
    assertThat(nonces.repeated).as("seed %d", seed).isZero();
    assertThat((double) received / sent).as("seed %d, of %d", seed, sent).isGreaterThan(0.9);
    assertThat(longestUnheard)
        .as("seed %d, packets in a row of a peer that did not arrive", seed)
        .isLessThan(STUCK);
    assertHoldings();
    everybodyIsReached();
    allIsForgotten();
    assertThat(LiveObjects.count(CipherKey.class))
        .as("keys in native memory, which is freed with them")
        .isLessThan(keysBefore + KEYS_OF_OTHER_TESTS);
  }

  private MemoryHost peer(int i) {
    var peer = world.host("peer" + i, "198.51.100." + (i + 1));
    peer.connectTo(gateway, address(i) + "/32", GATEWAY + "/32");
    if (i >= ALWAYS_THERE && i < ALWAYS_THERE + HELD_OPEN) {
      peer.device.changePeer(PeerUpdate.of(gateway.publicKey()).persistentKeepalive(25).build());
    }
    return peer;
  }

  private static String address(int i) {
    return "10.0.1." + (i + 1);
  }

  /** Of the peer that a packet is from, by the last byte of its source. */
  private static int indexOf(byte[] packet) {
    return Byte.toUnsignedInt(packet[15]) - 1;
  }

  private void talk(int i, int number) {
    peers.get(i).tun.send(Packets.packet(address(i), GATEWAY, number));
    unheard[i]++;
    sent++;
    if (random.nextInt(3) > 0) {
      gateway.tun.send(Packets.packet(GATEWAY, address(i), number));
      sent++;
    }
  }

  /** The endpoint changes, as of a phone or behind a NAT that loses its mapping. */
  private void move(MemoryHost peer) {
    peer.listenOn(20_000 + random.nextInt(40_000));
  }

  private void collect() {
    var heard = gateway.tun.received();
    heard.forEach(packet -> unheard[indexOf(packet)] = 0);
    received += heard.size();
    for (var peer : peers) {
      received += peer.tun.received().size();
    }
    world.network.sent();
  }

  private void assertHoldings() {
    assertThat(LiveObjects.count(CipherKey.class))
        .as("keys in native memory, two a session, of both ends")
        .isPositive()
        .isLessThanOrEqualTo(keysBefore + 2 * 2 * 3 * PEERS);
    var holdings = gateway.device.holdings();
    assertThat(holdings.sessions()).isLessThanOrEqualTo(3 * PEERS);
    assertThat(holdings.pendingHandshakes()).isLessThanOrEqualTo(PEERS);
    assertThat(holdings.timers()).isLessThanOrEqualTo(PEERS);
    assertThat(holdings.sessionsAwaitingReclaim()).isZero();
  }

  private void everybodyIsReached() {
    world.network.setLossRate(0);
    world.run(Duration.ofMinutes(10));
    collect();
    for (int i = 0; i < PEERS; i++) {
      peers.get(i).tun.send(Packets.packet(address(i), GATEWAY, i));
    }
    world.run(Duration.ofSeconds(10));
    assertThat(Packets.numbers(gateway.tun.received())).hasSize(PEERS).doesNotHaveDuplicates();
    for (int i = 0; i < PEERS; i++) {
      gateway.tun.send(Packets.packet(GATEWAY, address(i), i));
    }
    world.run(Duration.ofSeconds(10));
    for (var peer : peers) {
      assertThat(peer.tun.received()).as(peer.name).hasSize(1);
    }
  }

  private void allIsForgotten() {
    for (var peer : peers) {
      peer.device.changePeer(PeerUpdate.of(gateway.publicKey()).persistentKeepalive(0).build());
    }
    world.run(Duration.ofMinutes(15));
    assertThat(gateway.device.holdings()).isEqualTo(NOTHING);
    assertThat(peers).allSatisfy(p -> assertThat(p.device.holdings()).isEqualTo(NOTHING));
  }

  /** Listens on the wire: under one key, known by its receiver's index, counters only grow. */
  private static final class Nonces {
    /** By the host, not its port: a session lives on when its end moves. */
    private record Key(IpAddress to, int receiver) {}

    private final Map<Key, Long> last = new HashMap<>();
    private int repeated;

    /** A drop filter that drops nothing: it counts packets whose counter was used before. */
    boolean isRepeated(Datagram datagram) {
      if (!Pair.isHandshake(datagram)) {
        var header = ByteBuffer.wrap(datagram.payload()).order(ByteOrder.LITTLE_ENDIAN);
        var key = new Key(datagram.to().host(), header.getInt(4));
        long counter = header.getLong(8);
        Long before = last.put(key, counter);
        if (before != null && counter <= before) {
          repeated++;
        }
      }
      return false;
    }
  }
}
