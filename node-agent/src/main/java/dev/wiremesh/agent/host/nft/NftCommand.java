package dev.wiremesh.agent.host.nft;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The program {@code nft}, run as a process for each request. Only tables whose names begin with
 * {@link #PREFIX} are ours. Owned by the control thread.
 */
public final class NftCommand {
  static final String PREFIX = "wiremesh_";

  private static final Logger log = LoggerFactory.getLogger(NftCommand.class);
  private static final long TIMEOUT_SECONDS = 30;

  private final List<String> launcher;
  private @Nullable Boolean there;

  public NftCommand() {
    this(List.of());
  }

  /**
   * @param launcher prefix of the command line that enters another network namespace
   */
  public NftCommand(List<String> launcher) {
    this.launcher = List.copyOf(launcher);
  }

  /** Our tables, as {@code inet wiremesh_home}; none if the kernel has no nftables. */
  public List<String> tables() {
    try {
      return run(List.of("nft", "list", "tables"), "")
          .lines()
          .map(line -> line.replaceFirst("^table ", "").strip())
          .filter(table -> table.contains(" " + PREFIX))
          .toList();
    } catch (IOException e) {
      log.atDebug()
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .log("No nftables on this node");
      return List.of();
    }
  }

  /** The content of a table, as nft lists it; empty if there is none. */
  String text(String table) {
    try {
      return run(List.of("nft", "list table " + table), "");
    } catch (IOException e) {
      // Nft fails if there is no such table, and if the kernel has no nftables at all.
      return "";
    }
  }

  /** Deletes a table. */
  public void delete(String table) throws IOException {
    var _ = run(List.of("nft", "-f", "-"), "delete table " + table + "\n");
  }

  /** Asks the kernel whether a table can be deleted; changes nothing. */
  public void checkDelete(String table) throws IOException {
    var _ = run(List.of("nft", "--check", "-f", "-"), "delete table " + table + "\n");
  }

  /** Executes a script in one transaction. */
  void apply(String script) throws IOException {
    var _ = run(List.of("nft", "-f", "-"), script);
  }

  /** Whether the program is installed; looked up once. */
  public boolean isThere() {
    var known = there;
    if (known == null) {
      known = lookUp();
      there = known;
    }
    return known;
  }

  private boolean lookUp() {
    try {
      return !run(List.of("nft", "--version"), "").isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  private String run(List<String> command, String input) throws IOException {
    var all = new ArrayList<>(launcher);
    all.addAll(command);
    var process = new ProcessBuilder(all).start();
    var unread = feed(process, input);
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    var errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException(String.join(" ", command) + " did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while nft runs", e);
    } finally {
      process.destroyForcibly();
    }
    if (process.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + ": " + errors.strip());
    }
    if (unread != null) {
      throw unread;
    }
    return output;
  }

  /** Returns the error if the process ends before it has read its input: its own words say why. */
  private static @Nullable IOException feed(Process process, String input) {
    try (var in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
      return null;
    } catch (IOException e) {
      return e;
    }
  }
}
