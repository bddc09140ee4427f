package dev.wiremesh.agent.apply;

import java.time.Duration;

/** Is told how long it took to put a plan in force. */
@FunctionalInterface
public interface ApplyTimer {
  void applied(String network, Duration duration);
}
