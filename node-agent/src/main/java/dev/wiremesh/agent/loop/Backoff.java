package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.time.MonotonicTime;
import java.time.Duration;

/** Exponential backoff of one network's retries. Owned by the control thread. */
final class Backoff {
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private Duration pause = FIRST;
  private MonotonicTime due = MonotonicTime.NEVER;

  void failed(MonotonicTime now) {
    due = now.plus(pause);
    var doubled = pause.multipliedBy(2);
    pause = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
  }

  void succeeded() {
    pause = FIRST;
    due = MonotonicTime.NEVER;
  }

  boolean isDue(MonotonicTime now) {
    return !now.isBefore(due);
  }
}
