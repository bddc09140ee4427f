package dev.wiremesh.lab.torture;

import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.torture.TortureReport.Check;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The invariants of a run: each is checked once, at once or by a deadline. Waits of the run between
 * them have a deadline of their own.
 *
 * <p>Owned by the run's thread.
 */
final class Checklist {
  /** Generous: it says that something happens, not how fast the machine is. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final Duration TELL_EVERY = Duration.ofSeconds(2);

  private final Duration settle;
  private final Consumer<String> progress;
  private final List<Check> checks = new ArrayList<>();

  /**
   * @param settle the time that an invariant has to become true
   * @param progress receives lines
   */
  Checklist(Duration settle, Consumer<String> progress) {
    this.settle = settle;
    this.progress = progress;
  }

  List<Check> results() {
    return List.copyOf(checks);
  }

  /** Checks now. A problem is a sentence, empty if there is none. */
  void check(String invariant, Supplier<String> problem) {
    var found = problem.get();
    checks.add(new Check(invariant, found));
    progress.accept(found.isEmpty() ? "Holds: " + invariant : "FAILS: " + invariant + ": " + found);
  }

  /** Checks by the deadline. */
  void checkWithin(String invariant, Supplier<String> problem) throws InterruptedException {
    long deadline = System.nanoTime() + settle.toNanos();
    var last = poll(deadline, invariant, problem);
    check(invariant, () -> last);
  }

  /** Waits; throws if the problem lasts. */
  void await(String what, Supplier<String> problem) throws InterruptedException {
    var last = poll(System.nanoTime() + PATIENCE.toNanos(), what, problem);
    if (!last.isEmpty()) {
      throw new LabException("waited %s until %s: %s".formatted(PATIENCE, what, last));
    }
  }

  /** Asks until there is no problem; returns the last one at the deadline. */
  private String poll(long deadline, String what, Supplier<String> problem)
      throws InterruptedException {
    long tellAt = System.nanoTime() + TELL_EVERY.toNanos();
    while (true) {
      String found;
      try {
        found = problem.get();
      } catch (KubernetesClientException e) {
        found = String.valueOf(e.getMessage());
      }
      if (found.isEmpty() || System.nanoTime() > deadline) {
        return found;
      }
      if (System.nanoTime() > tellAt) {
        progress.accept("Waiting until %s: %s".formatted(what, found));
        tellAt = System.nanoTime() + TELL_EVERY.toNanos();
      }
      TimeUnit.MILLISECONDS.sleep(300);
    }
  }
}
