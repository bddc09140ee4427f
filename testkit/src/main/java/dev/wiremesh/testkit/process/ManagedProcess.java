package dev.wiremesh.testkit.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A long-running child process: its output goes to a file, {@link #close} stops it, and it dies
 * with this JVM however that ends.
 *
 * <p>Thread-safe: all state is the operating system's.
 */
public final class ManagedProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** A killed process of a loaded machine ends when its threads have run once more. */
  private static final Duration KILL_PATIENCE = Duration.ofSeconds(60);

  private final String name;
  private final Process process;
  private final Path log;

  private ManagedProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a program.
   *
   * @param name its name in messages
   * @param environment added to this JVM's own
   * @param log receives standard output and standard error, appended
   */
  public static ManagedProcess start(
      String name, List<String> command, Map<String, String> environment, Path log) {
    var builder =
        new ProcessBuilder(Children.inOwnSession(command))
            .redirectInput(Children.NOTHING)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      return new ManagedProcess(name, Children.start(builder), log);
    } catch (IOException e) {
      throw new CommandFailedException("cannot start %s: %s".formatted(name, e.getMessage()), e);
    }
  }

  public String name() {
    return name;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** The file with all output of the program. */
  public Path log() {
    return log;
  }

  /** The last lines of the log, for messages. */
  public String lastLines(int count) {
    try {
      var text = Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
      var lines = text.lines().toList();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - count), lines.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Completes with the exit code when the program ends. */
  public CompletableFuture<Integer> onExit() {
    return process.onExit().thenApply(Process::exitValue);
  }

  /** Sends SIGTERM, and SIGKILL after the given time. */
  public void stop(Duration patience) {
    var tree = process.descendants().toList();
    process.destroy();
    if (!awaitEnd(patience)) {
      kill();
    }
    tree.forEach(ProcessHandle::destroyForcibly);
  }

  /** SIGKILL to the program and all its children; returns when the program is gone. */
  public void kill() {
    Children.killTree(process);
    if (!awaitEnd(KILL_PATIENCE)) {
      throw new CommandFailedException(name + " (pid " + process.pid() + ") does not die");
    }
  }

  /** SIGSTOP to the program and all its children: it lives, and does nothing. */
  public void freeze() {
    signal("-STOP");
  }

  /** SIGCONT, which ends {@link #freeze}. */
  public void thaw() {
    signal("-CONT");
  }

  private void signal(String signal) {
    var command = new ArrayList<>(List.of("kill", signal, Long.toString(pid())));
    process.descendants().map(child -> Long.toString(child.pid())).forEach(command::add);
    Command.of(command.toArray(String[]::new)).check();
  }

  private boolean awaitEnd(Duration patience) {
    try {
      return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Children.killTree(process);
      Thread.currentThread().interrupt();
      return true;
    }
  }

  @Override
  public void close() {
    stop(PATIENCE);
  }
}
