package dev.wiremesh.wireguard.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.noise.TransportKeys;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class SessionTest {
  private static final ProtocolLimits STANDARD = ProtocolLimits.STANDARD;

  @Test
  void counterIsNeverGivenOutTwice() throws InterruptedException {
    var session = session(1, STANDARD);
    var taken = ConcurrentHashMap.<Long>newKeySet();
    var threads = new ArrayList<Thread>();
    for (int t = 0; t < 4; t++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 10_000; i++) {
                  long first = session.takeCounters(3);
                  taken.add(first);
                  taken.add(first + 1);
                  taken.add(first + 2);
                }
              }));
    }
    for (var thread : threads) {
      thread.join();
    }
    assertThat(taken).hasSize(4 * 10_000 * 3);
  }

  @Test
  void countersEndWhereTheLimitIs() {
    var limits = limits(10, 20);
    var session = session(1, limits);
    assertThat(session.takeCounters(18)).isZero();
    assertThat(session.takeCounters(3)).isEqualTo(-1);
    assertThat(session.takeCounters(2)).isEqualTo(18);
    assertThat(session.takeCounters(1)).isEqualTo(-1);
    assertThat(session.canSend(0)).isFalse();
    assertThat(session.allowsCounter(19)).isTrue();
    assertThat(session.allowsCounter(20)).isFalse();
  }

  @Test
  void standardLimitRefusesTheLastCountersOfAll() {
    var session = session(1, STANDARD);
    assertThat(session.allowsCounter(-1L - 8192 - 1)).isTrue();
    assertThat(session.allowsCounter(-1L - 8192)).isFalse();
    assertThat(session.allowsCounter(-1)).isFalse();
  }

  @Test
  void expiresAfterThreeMinutes() {
    var session = session(1, STANDARD);
    assertThat(session.canSend(Duration.ofSeconds(180).toNanos() - 1)).isTrue();
    assertThat(session.canSend(Duration.ofSeconds(180).toNanos())).isFalse();
  }

  @Test
  void receiverRequestsTheNextSessionOnceAndOnlyAsInitiator() {
    long due = STANDARD.rekeyWhenReceivingNanos();
    var session = session(1, STANDARD);
    assertThat(session.worthRenewingAfterReceiving(due - 1)).isFalse();
    assertThat(session.worthRenewingAfterReceiving(due)).isTrue();
    assertThat(session.worthRenewingAfterReceiving(due + 1)).as("once").isFalse();
    var keys = new TransportKeys(key(1), key(2));
    var ofResponder = new Session<>("peer", 1, 2, false, 0, keys, STANDARD);
    assertThat(ofResponder.worthRenewingAfterReceiving(due)).isFalse();
  }

  @Test
  void wipedSessionHasNoKeysAnyMore() {
    var session = session(1, STANDARD);
    session.wipe();
    assertThat(session.sendKey().bytes().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    assertThat(session.receiveKey().bytes().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
  }

  @Test
  void keysAreWipedWhereTheyCameFrom() {
    var keys = new TransportKeys(key(1), key(2));
    var session = new Session<>("peer", 1, 2, true, 0, keys, STANDARD);
    assertThat(keys.send()).containsOnly(0);
    assertThat(keys.receive()).containsOnly(0);
    assertThat(session.sendKey().bytes().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(key(1));
  }

  @Test
  void tableFindsWhatIsInItAndNothingElse() {
    var table = new SessionTable<String>();
    var random = new Random(4);
    var sessions = new ArrayList<Session<String>>();
    for (int i = 0; i < 2000; i++) {
      var session = session(random.nextInt(), STANDARD);
      if (table.get(session.localIndex()) == null) {
        table.add(session);
        sessions.add(session);
      }
      if (sessions.size() > 300) {
        var removed = sessions.remove(random.nextInt(sessions.size()));
        table.remove(removed);
        assertThat(table.get(removed.localIndex())).isNull();
      }
    }
    for (var session : sessions) {
      assertThat(table.get(session.localIndex())).isSameAs(session);
    }
    assertThat(table.get(random.nextInt())).isNull();
  }

  private static Session<String> session(int localIndex, ProtocolLimits limits) {
    return new Session<>("peer", localIndex, 2, true, 0, new TransportKeys(key(1), key(2)), limits);
  }

  private static byte[] key(int seed) {
    var key = new byte[32];
    new Random(seed).nextBytes(key);
    return key;
  }

  private static ProtocolLimits limits(long rekeyAfterMessages, long rejectAfterMessages) {
    return ProtocolLimits.builder()
        .rekeyAfterMessages(rekeyAfterMessages)
        .rejectAfterMessages(rejectAfterMessages)
        .build();
  }
}
