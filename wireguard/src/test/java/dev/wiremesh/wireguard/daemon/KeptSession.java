package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

/**
 * The session that an end had, just answered, at one moment: to tell later whether it has it still.
 */
final class KeptSession {
  /**
   * Of the 15 s after which an end that hears nothing begins a new one: on a machine that is slower
   * a handshake may be as the protocol wants it.
   */
  private static final Duration NO_TIMER_YET = Duration.ofSeconds(10);

  private final WgEnd end;
  private final long since = System.nanoTime();
  private final String handshake;

  KeptSession(WgEnd end) {
    this.end = end;
    handshake = latestHandshakes();
    assertThat(handshake).doesNotContain("\t0");
  }

  void assertKept() {
    var now = latestHandshakes();
    if (System.nanoTime() - since < NO_TIMER_YET.toNanos()) {
      assertThat(now).as("latest handshake, without a cause for another").startsWith(handshake);
    }
  }

  private String latestHandshakes() {
    return end.host.exec("wg", "show", WgEnd.INTERFACE, "latest-handshakes");
  }
}
