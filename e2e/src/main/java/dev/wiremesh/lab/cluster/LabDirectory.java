package dev.wiremesh.lab.cluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The directory of one lab, with the files that other shells need to reach it. The lab holds the
 * lock file beside it as long as it runs: a directory without a held lock is the rest of a crash.
 */
public record LabDirectory(String name, Path path) {
  /** The longest interface name is 15 characters, and namespaces are named alike. */
  private static final Pattern NAME = Pattern.compile("[a-z]([a-z0-9-]{0,18}[a-z0-9])?");

  /**
   * The labs whose lock this JVM holds. Linux drops a process's lock when it closes <em>any</em>
   * channel to the file, so a lock of this JVM must not be tried.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  /** The directory of a lab, below {@code $XDG_STATE_HOME} or {@code ~/.local/state}. */
  public static LabDirectory named(String name, Map<String, String> environment) {
    if (!NAME.matcher(name).matches()) {
      throw new LabException(
          "'%s' cannot name a lab: write up to 20 lower-case letters, digits and dashes"
              .formatted(name));
    }
    var state = environment.getOrDefault("XDG_STATE_HOME", "");
    var home =
        state.isBlank()
            ? Path.of(System.getProperty("user.home"), ".local", "state")
            : Path.of(state);
    return new LabDirectory(name, home.resolve("wiremesh").resolve("labs").resolve(name));
  }

  /** A command line for this lab in another shell, such as {@code bin/wiremesh lab status}. */
  public String command(String words) {
    var usual = System.getenv().getOrDefault("WIREMESH_LAB", "lab");
    return "bin/wiremesh lab " + (name.equals(usual) ? "" : "--lab " + name + " ") + words;
  }

  /**
   * The prefix of this lab's network namespaces. Without the name's dashes: the lab {@code a} must
   * never take the machines of {@code a-b} for its own.
   */
  public String prefix() {
    return "wm_" + name.replace('-', '_');
  }

  public Path kubeconfig() {
    return path.resolve("kubeconfig");
  }

  public Path controlSocket() {
    return path.resolve("control");
  }

  /** The logs of the lab's programs. */
  public Path logs() {
    return path.resolve("logs");
  }

  /** The output of a detached lab. */
  public Path output() {
    return path.resolveSibling(name + ".log");
  }

  Path temporary() {
    return path.resolve("tmp");
  }

  /** Whether the lab is running. */
  public boolean isLocked() {
    if (HELD.contains(path)) {
      return true;
    }
    try (var lock = lock().orElse(null)) {
      return lock == null;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Takes the lock; empty if another process has it. Closing the channel releases it. */
  Optional<FileChannel> lock() throws IOException {
    if (HELD.contains(path)) {
      return Optional.empty();
    }
    Files.createDirectories(path.getParent());
    var channel =
        FileChannel.open(
            path.resolveSibling(name + ".lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
    if (channel.tryLock() != null) {
      return Optional.of(channel);
    }
    channel.close();
    return Optional.empty();
  }

  /** Locks the directory for a lab of this JVM, until the result is closed. */
  AutoCloseable hold() {
    try {
      var lock = lock().orElseThrow(() -> alreadyUp());
      HELD.add(path);
      return () -> {
        HELD.remove(path);
        lock.close();
      };
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** The error of a second start. */
  public LabException alreadyUp() {
    return new LabException(
        "the lab '%s' is already up: '%s' shows it, '%s' ends it, '--lab NAME' starts another beside it"
            .formatted(name, command("status"), command("down")));
  }

  /** The error of a command that needs a running lab. */
  public LabException notUp() {
    return new LabException(
        "the lab '%s' is not up: '%s' starts it".formatted(name, command("up")));
  }

  private LabException unwritable(IOException e) {
    return new LabException(
        "a lab keeps its files in %s, which cannot be written (%s): set XDG_STATE_HOME to a folder of yours"
            .formatted(path.getParent(), e),
        e);
  }

  void create() throws IOException {
    Files.createDirectories(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
    Files.createDirectories(logs());
    Files.createDirectories(temporary());
  }

  void delete() {
    if (!Files.exists(path)) {
      return;
    }
    try (var files = Files.walk(path)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new LabException("cannot remove %s: %s".formatted(path, e), e);
    }
  }
}
