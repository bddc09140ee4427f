package dev.wiremesh.cli.kube;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The files that make up the kubeconfig, as kubectl finds them: the option's, those of {@code
 * KUBECONFIG}, or the one in the home directory.
 *
 * @param paths not empty
 */
record KubeconfigFiles(List<Path> paths) {
  KubeconfigFiles {
    paths = List.copyOf(paths);
  }

  /**
   * Finds the files.
   *
   * @param option the option's file; null for none
   * @param environment an environment variable by its name, null if it is not set
   * @throws CliException if the option's file cannot be read
   */
  static KubeconfigFiles find(
      @Nullable String option, Function<String, @Nullable String> environment) {
    if (option != null) {
      if (!Files.isReadable(Path.of(option))) {
        throw new CliException("cannot read the kubeconfig " + option);
      }
      return new KubeconfigFiles(List.of(Path.of(option)));
    }
    var list = environment.apply("KUBECONFIG");
    if (list != null && !list.isBlank()) {
      var paths =
          Arrays.stream(list.split(File.pathSeparator))
              .filter(path -> !path.isBlank())
              .map(Path::of)
              .toList();
      if (!paths.isEmpty()) {
        return new KubeconfigFiles(paths);
      }
    }
    var home = environment.apply("HOME");
    return new KubeconfigFiles(
        List.of(
            Path.of(
                home == null ? System.getProperty("user.home", "/") : home, ".kube", "config")));
  }

  boolean noneIsReadable() {
    return paths.stream().noneMatch(Files::isReadable);
  }

  /** The paths as the environment variable has them. */
  String joined() {
    return String.join(File.pathSeparator, paths.stream().map(Path::toString).toList());
  }

  @Override
  public String toString() {
    return String.join(", ", paths.stream().map(Path::toString).toList());
  }
}
