package dev.wiremesh.chart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Paths in the repository, independent of the working directory of the tests. */
final class Repository {
  static final Path ROOT = root();
  static final Path CHART = ROOT.resolve("helm/wiremesh");
  static final Path RESOURCES = ROOT.resolve("helm/src/test/resources");

  /** Files that tests compare are written anew with -Dgolden.update. */
  static final boolean UPDATE = System.getProperty("golden.update") != null;

  private Repository() {}

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path root() {
    for (var folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("helm/wiremesh/Chart.yaml"))) {
        return folder;
      }
    }
    throw new IllegalStateException("start the tests inside the repository");
  }
}
