package dev.wiremesh.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The AOT cache of a program (JEP 514), with its classes loaded and linked: the program starts in
 * half the time, and an upgrade interrupts a node's traffic for half as long. It fits only the Java
 * and the jars that it was made with; any other start ignores it.
 */
final class AotCache {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration WRITING = Duration.ofSeconds(120);

  private AotCache() {}

  /**
   * Makes the cache by a training run.
   *
   * @param runtime the Java of the image
   * @param flags the flags of Java in the image
   * @param jars the class path, in its order
   * @return empty if the training run ended early; then the image has no cache
   */
  static Optional<Path> make(
      Program program, Path runtime, List<String> flags, List<Path> jars, Path work) {
    var training = program.training();
    if (training.isEmpty()) {
      return Optional.empty();
    }
    try {
      var folder = Files.createDirectories(work.resolve("start").resolve(program.name()));
      var cache = folder.resolve("classes.aot");
      var command = new ArrayList<>(List.of(runtime.resolve("bin/java").toString()));
      flags.forEach(flag -> command.addAll(List.of(flag.split(" ", -1))));
      command.add("-XX:AOTCacheOutput=" + cache);
      command.add("-cp");
      command.add(String.join(":", asInTheImage(jars, folder.resolve("lib"))));
      command.add(program.app().mainClass());
      var log = folder.resolve("log").toFile();
      var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log);
      builder.environment().clear();
      builder.environment().putAll(environment(folder, training.get().environment()));
      var process = builder.start();
      try {
        awaitOutput(process, log.toPath(), training.get().endMark());
        process.destroy();
        process.waitFor(WRITING.toSeconds(), TimeUnit.SECONDS);
      } finally {
        process.destroyForcibly();
      }
      return Optional.of(cache).filter(Files::isRegularFile);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make the training run of " + program.name(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ImagesException("interrupted", e);
    }
  }

  /** Copies of the jars: the cache identifies a jar by name, size and time. */
  private static List<String> asInTheImage(List<Path> jars, Path folder) throws IOException {
    Files.createDirectories(folder);
    var copies = new ArrayList<String>();
    for (var jar : jars) {
      var copy = folder.resolve(jar.getFileName());
      Files.copy(jar, copy);
      Files.setLastModifiedTime(copy, FileTime.from(Image.TIME));
      copies.add(copy.toString());
    }
    return copies;
  }

  private static Map<String, String> environment(Path folder, Map<String, String> program)
      throws IOException {
    var kubeconfig =
        Files.writeString(
            folder.resolve("kubeconfig"),
            """
            clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"}}]
            users: [{name: none, user: {token: none}}]
            contexts: [{name: none, context: {cluster: none, user: none}}]
            current-context: none
            """);
    var all = new HashMap<>(program);
    all.put("KUBECONFIG", kubeconfig.toString());
    all.put("WIREMESH_HTTP_LISTEN", "127.0.0.1:0");
    all.put("WIREMESH_STATE_DIRECTORY", folder.resolve("state").toString());
    return all;
  }

  private static void awaitOutput(Process process, Path log, String text)
      throws IOException, InterruptedException {
    var deadline = System.nanoTime() + PATIENCE.toNanos();
    while (process.isAlive()
        && System.nanoTime() < deadline
        && !Files.readString(log).contains(text)) {
      process.waitFor(100, TimeUnit.MILLISECONDS);
    }
  }
}
