package dev.wiremesh.testkit.kubernetes;

import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * A build of the control plane's programs from {@code testkit/kubernetes} into a folder. A file
 * lock keeps two JVMs from building at the same time; each program is moved into place whole.
 */
final class GoBuild {
  // The API server first: its build compiles most packages of the others.
  private static final List<String> PROGRAMS =
      List.of(
          KubernetesBinaries.API_SERVER,
          KubernetesBinaries.CONTROLLER_MANAGER,
          KubernetesBinaries.ETCD);
  private static final Duration LONGEST = Duration.ofMinutes(30);
  private static final int PROGRESS_EVERY_SECONDS = 15;

  private final Path go;
  private final Path module;
  private final String version;
  private final Consumer<String> progress;

  GoBuild(Path go, Path module, String version, Consumer<String> progress) {
    this.go = go;
    this.module = module;
    this.version = version;
    this.progress = progress;
  }

  /** Builds missing programs; returns whether all are in the folder now. */
  boolean into(Path folder) {
    try {
      Files.createDirectories(folder);
      try (var lockFile =
              FileChannel.open(
                  folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var lock = lockFile.tryLock()) {
        if (lock == null) {
          progress.accept("Another process is building Kubernetes; waiting for it");
        }
        try (var owned = lock == null ? lockFile.lock() : lock) {
          return owned.isValid() && buildAll(folder);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot build Kubernetes into " + folder, e);
    }
  }

  private boolean buildAll(Path folder) throws IOException {
    var started = System.nanoTime();
    var missing =
        PROGRAMS.stream().filter(program -> !Files.isExecutable(folder.resolve(program))).toList();
    if (!missing.isEmpty()) {
      progress.accept(
          "Kubernetes is built from source; 'bin/wiremesh setup --kubernetes download' fetches its"
              + " programs instead");
    }
    for (var program : missing) {
      if (!build(program, folder, started)) {
        return false;
      }
    }
    return true;
  }

  private boolean build(String program, Path folder, long started) throws IOException {
    var temporary = Files.createTempDirectory(folder, ".build-");
    try {
      var log = folder.resolve("build-" + program + ".log");
      Files.deleteIfExists(log);
      var command =
          new ArrayList<>(
              List.of(
                  go.toString(),
                  "-C",
                  module.toString(),
                  "build",
                  "-trimpath",
                  "-ldflags",
                  "-s -w -X k8s.io/component-base/version.gitVersion=v" + version,
                  "-o",
                  temporary.resolve(program).toString(),
                  "./cmd/" + program));
      try (var build =
          ManagedProcess.start(
              "go build " + program,
              command,
              Map.of("CGO_ENABLED", "0", "GOFLAGS", "-mod=readonly", "GOWORK", "off"),
              log)) {
        var exit = awaitWithProgress(build, program, started);
        if (exit != 0) {
          progress.accept(
              "Building %s failed (all of it: %s):%n%s"
                  .formatted(program, log, build.lastLines(20)));
          return false;
        }
      }
      Files.move(
          temporary.resolve(program), folder.resolve(program), StandardCopyOption.ATOMIC_MOVE);
      Files.deleteIfExists(log);
      return true;
    } finally {
      Files.deleteIfExists(temporary.resolve(program));
      Files.deleteIfExists(temporary);
    }
  }

  private int awaitWithProgress(ManagedProcess build, String program, long started) {
    var end = build.onExit();
    while (true) {
      var elapsed = Duration.ofNanos(System.nanoTime() - started);
      progress.accept(
          "Building %s for Kubernetes %s with Go, once; the first time takes about four minutes (%d s so far)"
              .formatted(program, version, elapsed.toSeconds()));
      if (elapsed.compareTo(LONGEST) > 0) {
        build.kill();
        return 1;
      }
      try {
        return end.get(PROGRESS_EVERY_SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        continue;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        build.kill();
        return 1;
      } catch (java.util.concurrent.ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
