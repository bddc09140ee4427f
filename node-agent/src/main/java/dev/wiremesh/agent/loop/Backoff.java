package dev.wiremesh.agent.loop;

import java.time.Duration;
import java.time.Instant;

/** Exponential backoff of one network's retries. Owned by the control thread. */
final class Backoff {
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private Duration pause = FIRST;
  private Instant due = Instant.MAX;

  void failed(Instant now) {
    due = now.plus(pause);
    var doubled = pause.multipliedBy(2);
    pause = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
  }

  void succeeded() {
    pause = FIRST;
    due = Instant.MAX;
  }

  boolean isDue(Instant now) {
    return !now.isBefore(due);
  }
}
