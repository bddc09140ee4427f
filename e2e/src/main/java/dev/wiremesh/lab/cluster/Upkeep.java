package dev.wiremesh.lab.cluster;

import dev.wiremesh.testkit.kubernetes.ControlPlane;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Renews tokens and the nodes' leases, and restarts programs that ended, until it is closed. Runs
 * on a thread of its own.
 */
final class Upkeep implements AutoCloseable {
  private static final Duration TEND_EVERY = Duration.ofSeconds(2);
  private static final Duration HEARTBEAT_EVERY = Duration.ofSeconds(10);

  private final ControlPlane controlPlane;
  private final Programs programs;
  private final List<Kubelet> kubelets;
  private final Consumer<String> progress;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("lab-upkeep").factory());

  Upkeep(
      ControlPlane controlPlane,
      Programs programs,
      List<Kubelet> kubelets,
      Consumer<String> progress) {
    this.controlPlane = controlPlane;
    this.programs = programs;
    this.kubelets = List.copyOf(kubelets);
    this.progress = progress;
  }

  void start() {
    every(
        TEND_EVERY,
        () -> {
          controlPlane.requireAllAlive();
          programs.tend(progress);
        });
    every(HEARTBEAT_EVERY, () -> kubelets.forEach(Kubelet::heartbeat));
  }

  private void every(Duration interval, Runnable task) {
    var _ =
        thread.scheduleWithFixedDelay(
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                progress.accept("The upkeep of the lab failed: " + e.getMessage());
              }
            },
            interval.toMillis(),
            interval.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
