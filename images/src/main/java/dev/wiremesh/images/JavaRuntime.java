package dev.wiremesh.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A Java runtime with the modules of operator and agent, linked from the running JDK. */
final class JavaRuntime {
  /**
   * Modules of the JDK that operator and agent need at run time. A fixed list: computed by jdeps,
   * it would include optional features of libraries (desktop, databases) and triple the image.
   */
  private static final List<String> MODULES =
      List.of(
          "java.base",
          "java.compiler",
          "java.instrument",
          "java.logging",
          "java.management",
          "java.naming",
          "java.net.http",
          "java.sql",
          "java.xml",
          "jdk.httpserver",
          "jdk.jcmd",
          "jdk.management",
          "jdk.net",
          "jdk.unsupported",
          "jdk.zipfs");

  private JavaRuntime() {}

  /** Links a runtime into a folder that does not exist yet. */
  static void link(Path folder, List<String> more) {
    var modules = new ArrayList<>(MODULES);
    modules.addAll(more);
    Commands.run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
            "--add-modules",
            String.join(",", modules),
            "--generate-cds-archive",
            "--strip-debug",
            "--no-header-files",
            "--no-man-pages",
            "--output",
            folder.toString()));
    remove(folder.resolve("legal"));
    // For JVMs without compressed pointers: those with heaps of 32 GB and more.
    remove(folder.resolve("lib/server/classes_nocoops.jsa"));
  }

  /** The programs and libraries of the runtime, which need shared libraries of this machine. */
  static List<Path> binaries(Path folder) {
    try (var files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(f -> f.toString().endsWith(".so") || Files.isExecutable(f))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void remove(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
