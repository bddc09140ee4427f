package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.Reaper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The launcher with what it runs, laid out as a package is, from the classes under test: from a
 * checkout the launcher would start another build.
 */
final class Installation {
  private static final Installation INSTANCE = new Installation();

  private final Path folder;

  private Installation() {
    try {
      folder = Files.createTempDirectory("wiremesh-installation-");
      Reaper.removeFolderAtExit(folder);
      var bin = Files.createDirectory(folder.resolve("bin"));
      for (var script : new String[] {"wiremesh", "wiremesh-wg"}) {
        Files.copy(Path.of("..", "bin", script).toRealPath(), bin.resolve(script));
      }
      var jars = Files.createDirectories(folder.resolve("lib/wg"));
      int number = 0;
      for (var entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        var path = Path.of(entry);
        var jar = jars.resolve(number++ + ".jar");
        if (!Files.isDirectory(path)) {
          Files.createSymbolicLink(jar, path);
        } else if (!entry.contains("test-classes")) {
          Command.of(
                  System.getProperty("java.home") + "/bin/jar",
                  "--create",
                  "--file=" + jar,
                  "-C",
                  entry,
                  ".")
              .check();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The path of a script of {@code bin/}. */
  static String bin(String script) {
    return INSTANCE.folder.resolve("bin").resolve(script).toString();
  }
}
