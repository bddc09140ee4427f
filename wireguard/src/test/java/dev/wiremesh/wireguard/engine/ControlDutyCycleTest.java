package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.control.ControlDutyCycle;
import dev.wiremesh.wireguard.control.ControlLock;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ControlDutyCycleTest {
  private static final int PEERS = 1000;

  private static final Duration WAIT = Duration.ofSeconds(60);

  private final World world = new World();
  private final MemoryHost host = world.host("alice", "192.0.2.1");

  @Test
  void thousandPeersThatNeedAHandshakeAreServedInManyCycles() throws IOException {
    callThousandPeers();
    int cycles = 0;
    for (int work = host.device.controlWork(); work > 0; work = host.device.controlWork()) {
      assertThat(work).isLessThanOrEqualTo(3 * ControlDutyCycle.WORK_PER_CYCLE);
      cycles++;
    }
    assertThat(cycles).isGreaterThanOrEqualTo(PEERS / (3 * ControlDutyCycle.WORK_PER_CYCLE));
    assertThat(host.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(PEERS);
  }

  @Test
  void thousandTimersThatAreDueAtOnceAreServedInManyCycles() throws IOException {
    callThousandPeers();
    while (host.device.controlWork() > 0) {}
    world.skip(Duration.ofSeconds(6));
    for (int work = host.device.controlWork(); work > 0; work = host.device.controlWork()) {
      assertThat(work).isLessThanOrEqualTo(3 * ControlDutyCycle.WORK_PER_CYCLE);
    }
    assertThat(host.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(2 * PEERS);
  }

  /** Woken for a change, it waits for the lock that the end is holding, and is woken once more. */
  @Test
  void theControlThreadEndsAlsoWhereItWaitedForTheLock() {
    for (int i = 0; i < 50; i++) {
      var one = world.host("end" + i, "192.0.2.2");
      one.device.start();
      one.device.setPrivateKey(one.key);
      one.device.close();
      var thread = "end" + i + "-control";
      await()
          .pollDelay(Duration.ZERO)
          .atMost(WAIT)
          .untilAsserted(() ->
              assertThat(Thread.getAllStackTraces().keySet())
                  .extracting(Thread::getName)
                  .doesNotContain(thread));
    }
  }

  @Test
  void controlThreadYieldsToThreadsThatWaitForTheLock() throws InterruptedException {
    var lock = new ControlLock();
    var served = new AtomicBoolean();
    var caller =
        Thread.ofPlatform()
            .unstarted(() -> {
              try (var _ = lock.acquire()) {
                served.set(true);
              }
            });
    try (var _ = lock.acquireLast()) {
      caller.start();
      await().atMost(WAIT).until(() -> caller.getState() == Thread.State.WAITING);
      assertThat(served).isFalse();
    }
    try (var _ = lock.acquireLast()) {
      assertThat(served).isTrue();
    }
    caller.join();
  }

  private void callThousandPeers() throws IOException {
    var nowhere = UdpEndpoint.of(IpAddress.parse("203.0.113.1"), 1);
    var random = new Random(1);
    for (int i = 0; i < PEERS; i++) {
      var key = new byte[32];
      random.nextBytes(key);
      var address = "10.1." + i / 256 + "." + i % 256;
      host.device.changePeer(
          PeerUpdate.of(PublicKey.of(key))
              .endpoint(nowhere)
              .allow(IpPrefix.parse(address + "/32"))
              .build());
      host.tun.send(Packets.packet("10.0.0.1", address, i));
    }
    while (host.device.outbound().doWork() > 0) {}
  }
}
