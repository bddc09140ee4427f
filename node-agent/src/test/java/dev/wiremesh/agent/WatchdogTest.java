package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

final class WatchdogTest {
  private final AtomicInteger ended = new AtomicInteger();
  private boolean alive = true;
  @AutoClose private final Watchdog watchdog = new Watchdog(() -> alive, ended::incrementAndGet);

  @Test
  void hungLoopEndsTheProcessOnce() {
    check(100);
    alive = false;
    check(Watchdog.CHECKS - 1);
    assertThat(ended).hasValue(0);
    check(10);
    assertThat(ended).hasValue(1);
  }

  @Test
  void loopThatGoesOnIsNotEnded() {
    for (int i = 0; i < 10; i++) {
      alive = false;
      check(Watchdog.CHECKS - 1);
      alive = true;
      check(1);
    }
    assertThat(ended).hasValue(0);
  }

  private void check(int times) {
    for (int i = 0; i < times; i++) {
      watchdog.check();
    }
  }
}
