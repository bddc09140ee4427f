package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.TrainingRun;
import picocli.CommandLine.Command;

/**
 * {@code lab train}, hidden: the training run of the lab's AOT cache (JEP 514), which the launcher
 * makes once after a build.
 */
@Command(name = "train", hidden = true)
final class TrainCommand implements Runnable {
  @Override
  public void run() {
    TrainingRun.run(System.getenv());
  }
}
