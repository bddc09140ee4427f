package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.cluster.LabDirectory;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.control.Request;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code lab down}: ends a lab and removes all of it. */
@Command(
    name = "down",
    description = "Ends a lab and removes all of it, also the remains of a crashed one.")
final class DownCommand implements Runnable {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  @ParentCommand private LabMain lab = new LabMain();

  @Override
  public void run() {
    var folder = lab.folder();
    if (!folder.isLocked()) {
      Lab.sweep(folder);
      System.out.printf("The lab '%s' is not up.%n", folder.name());
      return;
    }
    var _ = new ControlClient(folder).ask(Request.of(Request.Command.DOWN), Map.class);
    awaitEnd(folder);
    System.out.printf("The lab '%s' is down.%n", folder.name());
  }

  private static void awaitEnd(LabDirectory folder) {
    var deadline = System.nanoTime() + PATIENCE.toNanos();
    while (folder.isLocked()) {
      if (System.nanoTime() > deadline) {
        throw new LabException(
            "the lab '%s' was asked to end, but has not within %s; see %s"
                .formatted(folder.name(), PATIENCE, folder.output()));
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LabException("interrupted while the lab ends", e);
      }
    }
  }
}
