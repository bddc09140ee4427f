package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.peer.StagedPackets;
import dev.wiremesh.wireguard.peer.StagingBudget;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Packets to peers that do not answer, far more of them than may wait. */
class StagedPacketsTest {
  private static final int SILENT_PEERS = 1500;
  private static final int PACKETS_EACH = 10;
  private static final UdpEndpoint NOWHERE = UdpEndpoint.of(IpAddress.parse("203.0.113.1"), 1);

  private final Pair pair =
      new Pair(
          new World(), ProtocolLimits.builder().jitter(Duration.ZERO).maxInitiations(1).build());
  private final List<PublicKey> silent = new ArrayList<>();

  @Test
  @Scenario("Packets that wait for 1,500 silent peers are bounded in bytes; another peer connects")
  void packetsOfAllPeersTogetherAreBounded() {
    flood();
    assertThat(staged())
        .isLessThanOrEqualTo(StagingBudget.CAPACITY_BYTES)
        .isGreaterThan(StagingBudget.CAPACITY_BYTES * 9 / 10);
    assertThat(pair.alice.dropped(DropReason.QUEUE_FULL)).isPositive();

    pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, 1, 1400));
    pair.run(1);
    assertThat(pair.alice.completed).hasSize(1);
    assertThat(pair.bobReceived()).as("packets of the longest queue make room").containsExactly(1);
  }

  @Test
  @Scenario("Silent peers with full queues leave queue space to a peer that answers")
  void silentPeersWithFullQueuesLeaveRoomForOthers() {
    add(100);
    pair.world.network.setDelay(Duration.ofMillis(100), Duration.ofMillis(100));
    for (int n = 0; n < 200; n++) {
      for (int i = 0; i < 100; i++) {
        pair.alice.tun.send(Packets.packet(Pair.ALICE, address(i), n, 1400));
      }
      if (n >= 150 && n < 200) {
        pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, n, 1400));
      }
      pair.world.settle();
    }
    assertThat(staged()).isGreaterThan(StagingBudget.CAPACITY_BYTES * 9 / 10);
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(IntStream.range(150, 200).toArray());
  }

  @Test
  @Scenario(
      "Packets that arrive while staged packets are sent are sent in order, and soon without"
          + " being staged")
  void packetsThatKeepComingSoonGoByThemselves() {
    var next = new AtomicInteger();
    sendFrom(next, 1);
    // For each that the control thread sends there comes another one.
    pair.world.network.lose(datagram -> {
      if (isData(datagram) && next.get() < 1000) {
        sendFrom(next, 1);
      }
      return false;
    });
    untilDataIsSent();
    pair.world.network.lose(datagram -> false);
    int soFar = next.get();
    assertThat(soFar).isGreaterThan(1).isLessThan(1000);
    sendFrom(next, 3);
    assertThat(staged()).isZero();
    assertThat(pair.sent().stream().filter(StagedPacketsTest::isData)).hasSize(soFar + 3);
    pair.world.settle();
    assertThat(pair.bobReceived()).containsExactly(IntStream.range(0, soFar + 3).toArray());
  }

  @Test
  @Timeout(120)
  void packetsOfWhichMoreComeThanMayWaitStayInOrder() throws Exception {
    var next = new AtomicInteger();
    sendFrom(next, 1);
    var sender = new Thread(() -> sendFrom(next, 4 * StagedPackets.CAPACITY), "sender");
    pair.world.network.lose(datagram -> {
      if (isData(datagram) && sender.getState() == Thread.State.NEW) {
        sender.start();
        await()
            .atMost(Duration.ofSeconds(100))
            .until(() -> sender.getState() == Thread.State.WAITING || !sender.isAlive());
      }
      return false;
    });
    untilDataIsSent();
    sender.join();
    pair.world.settle();
    assertThat(pair.bobReceived()).containsExactly(IntStream.range(0, next.get()).toArray());
    assertThat(staged()).isZero();
  }

  /** The sending thread's part, packet by packet; all other threads are idle. */
  private void sendFrom(AtomicInteger next, int count) {
    for (int i = 0; i < count; i++) {
      pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, next.getAndIncrement()));
      pair.alice.send();
    }
  }

  /** The handshake, up to where Alice's control thread has sent what waited for it. */
  private void untilDataIsSent() {
    pair.alice.device.controlWork();
    pair.bob.receive();
    pair.bob.device.controlWork();
    pair.alice.receive();
    pair.alice.device.controlWork();
  }

  private static boolean isData(Datagram datagram) {
    return !Pair.isHandshake(datagram);
  }

  @Test
  void nothingWaitsForAPeerWithAKeyOfLowOrder() {
    pair.alice.device.changePeer(
        PeerUpdate.of(PublicKey.of(new byte[32]))
            .endpoint(NOWHERE)
            .allow(IpPrefix.parse("10.9.0.0/16"))
            .build());
    for (int i = 0; i < 10; i++) {
      pair.alice.tun.send(Packets.packet(Pair.ALICE, "10.9.0.1", i, 1400));
    }
    pair.run(1);
    assertThat(staged()).isZero();
    assertThat(pair.alice.dropped(DropReason.HANDSHAKE_FAILED)).isEqualTo(10);
  }

  @Test
  void failedHandshakeReleasesTheStagingBudget() {
    flood();
    pair.run(11);
    assertThat(pair.alice.handshakes(HandshakeOutcome.GAVE_UP)).isEqualTo(SILENT_PEERS);
    assertThat(staged()).isZero();
  }

  @Test
  void removedPeersLeaveTheirRoom() {
    flood();
    silent.forEach(pair.alice.device::removePeer);
    assertThat(staged()).isZero();
  }

  private void flood() {
    add(SILENT_PEERS);
    for (int n = 0; n < PACKETS_EACH; n++) {
      for (int i = 0; i < SILENT_PEERS; i++) {
        pair.alice.tun.send(Packets.packet(Pair.ALICE, address(i), n, 1400));
      }
    }
    pair.world.settle();
  }

  private void add(int peers) {
    var random = new Random(1);
    for (int i = 0; i < peers; i++) {
      var key = new byte[32];
      random.nextBytes(key);
      silent.add(PublicKey.of(key));
      pair.alice.device.changePeer(
          PeerUpdate.of(silent.getLast())
              .endpoint(NOWHERE)
              .allow(IpPrefix.parse(address(i) + "/32"))
              .build());
    }
  }

  private static String address(int i) {
    return "10.1." + i / 256 + "." + i % 256;
  }

  private long staged() {
    return pair.alice.device.holdings().stagedBytes();
  }
}
