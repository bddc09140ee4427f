package dev.wiremesh.agent.loop;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exceptions in parts of control cycles. A bug in one part must not keep the other parts, or other
 * networks, from theirs; cycles that fail one after the other make the agent unready. The first
 * failed cycle of a series is logged. Written by the control thread; any thread may count.
 */
final class CycleFailures {
  private static final Logger log = LoggerFactory.getLogger(CycleFailures.class);

  /** Failed cycles in a row that a ready agent may have. */
  private static final int MOST_IN_A_ROW = 2;

  private volatile long total;
  private int failedCycles;
  private boolean failed;

  /** Runs a part of the cycle and counts its exceptions. */
  void contain(String part, Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      add(part, e);
    }
  }

  private void add(String part, RuntimeException failure) {
    failed = true;
    long before = total;
    total = before + 1;
    if (failedCycles == 0) {
      log.atError().addKeyValue("part", part).setCause(failure).log("Control cycle failed");
    } else {
      log.atDebug().addKeyValue("part", part).setCause(failure).log("Control cycle failed again");
    }
  }

  void endCycle() {
    failedCycles = failed ? failedCycles + 1 : 0;
    failed = false;
  }

  boolean areFew() {
    return failedCycles <= MOST_IN_A_ROW;
  }

  /** Parts that failed since the start; any thread. */
  long total() {
    return total;
  }
}
