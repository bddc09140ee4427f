package dev.wiremesh.agent.loop;

import static dev.wiremesh.agent.loop.FakeObjects.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.session.Connectivity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A wall clock that is set back or forward changes no interval of the agent. */
final class WallClockTest {
  private static final Duration BACK = Duration.ofHours(-1);
  private static final Duration FORWARD = Duration.ofSeconds(150);

  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;

  WallClockTest(@TempDir Path folder) {
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
  }

  static List<Duration> steps() {
    return List.of(BACK, FORWARD, Duration.ofDays(3650), Duration.ofDays(-3650));
  }

  /** A network with one peer, which has just completed a handshake. */
  private void connectLaptop() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    shakeHands();
  }

  /** The handshake is completed now, and observed at once. */
  private void shakeHands() {
    agent.device().handshakes.put(key("laptop"), world.now());
    agent.wakeUp.sessionsChanged();
    agent.step();
  }

  @ParameterizedTest
  @MethodSource("steps")
  void connectedPeersStayConnectedForTheirTime(Duration step) {
    connectLaptop();
    var since = world.peerReports.getLast().since();

    world.setWallClock(step);
    world.pass(Duration.ofSeconds(100));
    agent.step();
    assertThat(agent.last().peers().connected()).isEqualTo(1);
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.CONNECTED);
    assertThat(world.peerReports.getLast().since()).isEqualTo(since);

    world.pass(Duration.ofSeconds(81));
    agent.step();
    assertThat(agent.last().peers().connected()).isZero();
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.STALE);
  }

  @ParameterizedTest
  @MethodSource("steps")
  void handshakeAfterTheStepCounts(Duration step) {
    connectLaptop();
    world.pass(Duration.ofSeconds(100));
    agent.step();
    world.setWallClock(step);
    shakeHands();
    world.pass(Duration.ofSeconds(140));
    agent.step();
    assertThat(agent.last().peers().connected()).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("steps")
  void handshakeBeforeTheStepThatIsObservedAfterItCounts(Duration step) {
    connectLaptop();
    world.pass(Duration.ofSeconds(1));
    agent.device().handshakes.put(key("laptop"), world.now());
    world.setWallClock(step);
    agent.wakeUp.sessionsChanged();
    agent.step();
    world.pass(Duration.ofSeconds(140));
    agent.step();
    assertThat(agent.last().peers().connected()).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("steps")
  void firstHandshakeOfAPeerCounts(Duration step) {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    agent.device().handshakes.put(key("laptop"), world.now());
    world.setWallClock(step);
    agent.wakeUp.sessionsChanged();
    agent.step();
    assertThat(agent.last().peers().connected()).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("steps")
  void leaseIsRenewedInTime(Duration step) {
    objects.network("home", 51900);
    agent.step();
    world.setWallClock(step);
    world.pass(Duration.ofSeconds(9));
    agent.step();
    assertThat(world.renewals).hasSize(1);
    world.pass(Duration.ofSeconds(1));
    agent.step();
    assertThat(world.renewals).hasSize(2);
  }

  @ParameterizedTest
  @MethodSource("steps")
  void hostIsRepairedInTime(Duration step) {
    objects.network("home", 51900);
    agent.step();
    world.touched();
    world.setWallClock(step);
    world.pass(Duration.ofSeconds(2));
    agent.wakeUp.hostChanged();
    agent.step();
    assertThat(world.touched()).containsExactly(LoopFixture.HOST);
    world.pass(Duration.ofSeconds(59));
    agent.step();
    assertThat(world.touched()).isEmpty();
    world.pass(Duration.ofSeconds(1));
    agent.step();
    assertThat(world.touched()).containsExactly(LoopFixture.HOST);
  }

  @ParameterizedTest
  @MethodSource("steps")
  void failedApplicationIsRetriedInTime(Duration step) {
    objects.network("home", 51900);
    world.deviceRefuses = new IOException("no");
    agent.step();
    world.touched();
    world.deviceRefuses = null;
    world.setWallClock(step);
    agent.step();
    assertThat(world.touched()).isEmpty();
    world.pass(Duration.ofSeconds(1));
    agent.step();
    assertThat(world.touched()).contains("apply wg-home");
    assertThat(agent.loop().isReady()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("steps")
  void loopIsAlive(Duration step) {
    objects.network("home", 51900);
    agent.step();
    world.setWallClock(step);
    assertThat(agent.loop().isAlive()).isTrue();
    world.pass(Duration.ofSeconds(61));
    assertThat(agent.loop().isAlive()).isFalse();
  }

  @ParameterizedTest
  @MethodSource("steps")
  void stateIsSavedInTime(Duration step) {
    objects.network("home", 51900);
    agent.step();
    objects.peer("home", "laptop", 1);
    world.setWallClock(step);
    agent.step();
    assertThat(agent.store.load().getFirst().peers()).isEmpty();
    world.pass(Duration.ofSeconds(5));
    agent.step();
    assertThat(agent.store.load().getFirst().peers()).hasSize(1);
  }
}
