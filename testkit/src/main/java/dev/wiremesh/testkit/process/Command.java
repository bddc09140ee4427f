package dev.wiremesh.testkit.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A command that runs to its end, with a timeout and captured output. It is killed at its timeout
 * and dies with this JVM.
 *
 * <p>Immutable; each {@code with…} returns a copy.
 */
public record Command(
    List<String> arguments, Map<String, String> environment, String input, Duration timeout) {

  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

  public Command {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  public static Command of(String... arguments) {
    return of(List.of(arguments));
  }

  public static Command of(List<String> arguments) {
    return new Command(arguments, Map.of(), "", DEFAULT_TIMEOUT);
  }

  public Command withTimeout(Duration timeout) {
    return new Command(arguments, environment, input, timeout);
  }

  public Command withInput(String input) {
    return new Command(arguments, environment, input, timeout);
  }

  public Command withEnvironment(String name, String value) {
    var more = new HashMap<>(environment);
    more.put(name, value);
    return new Command(arguments, more, input, timeout);
  }

  /** The same command through a launcher such as {@code nsenter … --}. */
  public Command through(List<String> launcher) {
    var all = new ArrayList<>(launcher);
    all.addAll(arguments);
    return new Command(all, environment, input, timeout);
  }

  /** Runs to the end and throws unless the command succeeded; returns its standard output. */
  public String check() {
    return run().orThrow().output();
  }

  /** Runs to the end, whatever the exit code; throws only if it cannot start or takes too long. */
  public CommandResult run() {
    var builder = new ProcessBuilder(Children.dyingWithParent(arguments));
    builder.environment().putAll(environment);
    Process process;
    try {
      process = Children.start(builder);
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot start '%s': %s".formatted(String.join(" ", arguments), e.getMessage()), e);
    }
    try {
      var output = CompletableFuture.supplyAsync(() -> readAll(process.getInputStream()), VIRTUAL);
      var errors = CompletableFuture.supplyAsync(() -> readAll(process.getErrorStream()), VIRTUAL);
      feed(process);
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        Children.killTree(process);
        throw new CommandFailedException(
            "'%s' did not end within %s: %s"
                .formatted(
                    String.join(" ", arguments), timeout, soFar(errors) + " " + soFar(output)));
      }
      // A daemon that the command left behind may hold the pipes open: the output so far is enough.
      return new CommandResult(arguments, process.exitValue(), soFar(output), soFar(errors));
    } catch (InterruptedException e) {
      Children.killTree(process);
      Thread.currentThread().interrupt();
      throw new CommandFailedException(
          "interrupted while '%s' ran".formatted(String.join(" ", arguments)), e);
    }
  }

  private static final java.util.concurrent.Executor VIRTUAL =
      task -> Thread.ofVirtual().start(task);

  private void feed(Process process) {
    try (var stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The command ended without reading its input; its exit code is the result.
      return;
    }
  }

  private static String soFar(CompletableFuture<String> text) {
    return text.completeOnTimeout("", 2, TimeUnit.SECONDS).join().strip();
  }

  private static String readAll(InputStream stream) {
    try {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
