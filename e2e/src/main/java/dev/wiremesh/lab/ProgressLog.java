package dev.wiremesh.lab;

import java.util.function.Consumer;

/**
 * The progress of a command on standard error: each line with the seconds since its creation.
 *
 * <p>Thread-safe.
 */
final class ProgressLog implements Consumer<String> {
  private final long began = System.nanoTime();

  double seconds() {
    return (System.nanoTime() - began) / 1e9;
  }

  @Override
  public void accept(String line) {
    System.err.printf("%6.1f s  %s%n", seconds(), line);
  }
}
