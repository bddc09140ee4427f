package dev.wiremesh.testkit.process;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where programs are: where the environment says ({@code WIREMESH_WIREGUARD_GO} for {@code
 * wireguard-go}), the path, the administrator's folders, and the project's cache.
 */
public final class Tools {
  private Tools() {}

  /** The program's absolute path, if this machine has it. */
  public static Optional<Path> find(String name) {
    var chosen = System.getenv("WIREMESH_" + name.toUpperCase(Locale.ROOT).replace('-', '_'));
    if (chosen != null && !chosen.isBlank()) {
      return Optional.of(Path.of(chosen)).filter(Files::isExecutable).map(Path::toAbsolutePath);
    }
    var path = System.getenv().getOrDefault("PATH", "");
    return Stream.concat(
            Stream.of(path.split(File.pathSeparator)).filter(folder -> !folder.isBlank()),
            Stream.of(cacheFolder().resolve("bin").toString(), "/usr/sbin", "/sbin"))
        .map(folder -> Path.of(folder).resolve(name))
        .filter(file -> Files.isExecutable(file) && !Files.isDirectory(file))
        .map(Path::toAbsolutePath)
        .findFirst();
  }

  /** {@code $XDG_CACHE_HOME/wiremesh} or {@code ~/.cache/wiremesh}: what can be made again. */
  public static Path cacheFolder() {
    var xdg = System.getenv("XDG_CACHE_HOME");
    return (xdg == null || xdg.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg))
        .resolve("wiremesh");
  }
}
