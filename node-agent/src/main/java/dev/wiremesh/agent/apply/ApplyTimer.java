package dev.wiremesh.agent.apply;

import java.time.Duration;

/** Records how long it took to apply a plan. */
@FunctionalInterface
public interface ApplyTimer {
  void applied(String network, Duration duration);
}
