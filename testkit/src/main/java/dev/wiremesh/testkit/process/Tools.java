package dev.wiremesh.testkit.process;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The search path of external programs: the environment ({@code WIREMESH_WIREGUARD_GO} for {@code
 * wireguard-go}), {@code $PATH}, the project's cache, the system administration directories.
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

  /**
   * The directory of files that can be made again: {@code $XDG_CACHE_HOME/wiremesh} or {@code
   * ~/.cache/wiremesh}. The scripts use the same.
   */
  public static Path cacheFolder() {
    return cacheFolder(System.getenv(), System.getProperty("user.home"));
  }

  /**
   * @param accountHome the home directory without {@code $HOME}
   */
  static Path cacheFolder(Map<String, String> environment, String accountHome) {
    var xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    // Java's user.home is the account's, whatever $HOME says: a shell's `~` is $HOME.
    var home = environment.getOrDefault("HOME", "");
    return (xdg.isBlank() ? Path.of(home.isBlank() ? accountHome : home, ".cache") : Path.of(xdg))
        .resolve("wiremesh");
  }
}
