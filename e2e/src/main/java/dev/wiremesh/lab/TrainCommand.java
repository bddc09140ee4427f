package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.TrainingRun;
import picocli.CommandLine.Command;

/**
 * What the launcher runs once after a build, to keep the classes that a lab's start needs loaded
 * and linked (JEP 514). Nothing comes of it else.
 */
@Command(name = "train", hidden = true)
final class TrainCommand implements Runnable {
  @Override
  public void run() {
    TrainingRun.run(System.getenv());
  }
}
