package dev.wiremesh.agent.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.session.PeerLiveness.State;
import dev.wiremesh.wireguard.device.EchoReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers behind paths of a given round trip and loss, in rounds as the control loop makes them. */
class EchoLivenessTest {
  private static final List<IpAddress> OWN = List.of(IpAddress.parse("10.70.0.1"));
  private static final IpAddress PEER = IpAddress.parse("10.70.1.1");
  private static final long MILLISECOND = 1_000_000L;

  private final AtomicLong tokens = new AtomicLong();
  private final EchoLiveness<String> liveness = new EchoLiveness<>(tokens::incrementAndGet);
  private final List<EchoReply> underWay = new ArrayList<>();
  private final List<Long> asked = new ArrayList<>();
  private final Random random = new Random(42);
  private Duration roundTrip = Duration.ofMillis(10);
  private double loss;
  private boolean otherPackets;
  private boolean otherPacketsOnce;
  private boolean everDead;
  private long millis;
  private long nextRegular;

  @ParameterizedTest
  @CsvSource({"10, 1750", "60, 1750", "150, 1750", "600, 4000"})
  void peerIsDeadThreeTimeoutsAfterItsFirstMissingReply(int roundTripMillis, int mostMillis) {
    roundTrip = Duration.ofMillis(roundTripMillis);
    pass(Duration.ofSeconds(60));
    assertThat(state()).isEqualTo(State.ALIVE);
    long died = millis;
    loss = 1;
    passUntil(State.DEAD);
    assertThat(millis - died).isBetween(750L, (long) mostMillis);
  }

  @Test
  void steadyPeerIsAskedOnceASecond() {
    pass(Duration.ofSeconds(5));
    asked.clear();
    pass(Duration.ofSeconds(60));
    assertThat(asked).hasSize(60);
  }

  @Test
  void singleLostReplyIsFollowedByOneEarlyRequest() {
    pass(Duration.ofMillis(5500));
    loss = 1;
    pass(Duration.ofMillis(600)); // one request
    loss = 0;
    asked.clear();
    pass(Duration.ofMillis(800)); // until before the next regular one
    assertThat(asked).hasSize(1);
    assertThat(state()).isEqualTo(State.ALIVE);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 10})
  void lossCausesNoMoreDeathsThanWithOneRequestASecond(int percent) {
    pass(Duration.ofSeconds(5));
    loss = percent / 100.0;
    int deaths = 0;
    boolean alive = true;
    for (int second = 0; second < 20_000; second++) {
      pass(Duration.ofSeconds(1));
      boolean now = state() == State.ALIVE;
      deaths += alive && !now ? 1 : 0;
      alive = now;
    }
    // Three requests in a row, once for each second that begins with a lost one.
    assertThat(deaths).isLessThanOrEqualTo((int) (20_000 * Math.pow(loss, 3) * 2) + 1);
  }

  /** A queue that fills on the way adds up to half a second. */
  @Test
  void roundTripThatGrowsCausesNoDeath() {
    pass(Duration.ofSeconds(60));
    for (int i = 0; i < 10; i++) {
      roundTrip = Duration.ofMillis(500);
      pass(Duration.ofSeconds(10));
      roundTrip = Duration.ofMillis(10);
      pass(Duration.ofSeconds(20));
      assertThat(state()).isEqualTo(State.ALIVE);
      assertThat(everDead).isFalse();
    }
  }

  @Test
  void peerThatSendsOtherPacketsStaysAliveWithoutReplies() {
    pass(Duration.ofSeconds(5));
    loss = 1;
    otherPackets = true;
    pass(Duration.ofSeconds(60));
    assertThat(everDead).isFalse();
    otherPackets = false;
    long died = millis;
    passUntil(State.DEAD);
    assertThat(millis - died).isLessThanOrEqualTo(2000);
  }

  /** Packets of long ago are no sign of life: the first overdue reply only begins to count them. */
  @Test
  void packetsBeforeTheFirstOverdueReplyDoNotCount() {
    pass(Duration.ofSeconds(5));
    loss = 1;
    otherPackets = true;
    pass(Duration.ofSeconds(5));
    loss = 0;
    otherPackets = false;
    pass(Duration.ofSeconds(60));
    loss = 1;
    otherPacketsOnce = true;
    long died = millis;
    passUntil(State.DEAD);
    assertThat(millis - died).isLessThanOrEqualTo(1750);
  }

  @Test
  void noRoundIsDueWhileNoReplyIsAwaited() {
    assertThat(liveness.nextRound()).isEqualTo(MonotonicTime.NEVER);
    pass(Duration.ofMillis(5500));
    assertThat(liveness.nextRound()).isEqualTo(MonotonicTime.NEVER);
  }

  private State state() {
    return liveness.of("peer", new MonotonicTime(millis * MILLISECOND)).state();
  }

  private void passUntil(State wanted) {
    for (int i = 0; i < 60_000 && state() != wanted; i++) {
      passMillisecond();
    }
    assertThat(state()).isEqualTo(wanted);
  }

  private void pass(Duration time) {
    for (long i = 0; i < time.toMillis(); i++) {
      passMillisecond();
    }
  }

  private void passMillisecond() {
    millis++;
    var now = new MonotonicTime(millis * MILLISECOND);
    boolean regular = millis >= nextRegular;
    if (!regular && now.isBefore(liveness.nextRound())) {
      return;
    }
    if (regular) {
      nextRegular = millis + 1000;
    }
    var replies = new ArrayList<EchoReply>();
    underWay.removeIf(reply -> reply.receivedNanos() <= now.nanos() && replies.add(reply));
    var requests =
        liveness.step(
            OWN,
            List.of(new EchoLiveness.Target<>("peer", List.of(PEER))),
            new ProbeRound(regular, replies, now),
            this::received);
    for (var request : requests) {
      asked.add(millis);
      if (random.nextDouble() >= loss) {
        underWay.add(new EchoReply(request.to(), request.token(), now.plus(roundTrip).nanos()));
      }
    }
    everDead |= state() == State.DEAD;
  }

  private Set<String> received(Set<String> silent) {
    boolean received = otherPackets || otherPacketsOnce;
    otherPacketsOnce = false;
    return received ? new HashSet<>(silent) : Set.of();
  }
}
