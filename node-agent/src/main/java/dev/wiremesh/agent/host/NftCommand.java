package dev.wiremesh.agent.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's packet filter through the program {@code nft}. Of all tables only those whose names
 * begin with {@link #PREFIX} are ours. A node without {@code nft} has none. Owned by the control
 * thread.
 */
final class NftCommand {
  static final String PREFIX = "wiremesh_";

  private static final Logger LOG = LoggerFactory.getLogger(NftCommand.class);
  private static final long PATIENCE_SECONDS = 30;

  private final List<String> launcher;
  private @Nullable Boolean there;

  NftCommand() {
    this(List.of());
  }

  /**
   * @param launcher what goes before the command, so that it runs in another namespace
   */
  NftCommand(List<String> launcher) {
    this.launcher = List.copyOf(launcher);
  }

  /** Our tables, as {@code inet wiremesh_home}; none where the kernel knows no tables at all. */
  List<String> tables() {
    try {
      return run(List.of("nft", "list", "tables"), "")
          .lines()
          .map(line -> line.replaceFirst("^table ", "").strip())
          .filter(table -> table.contains(" " + PREFIX))
          .toList();
    } catch (IOException e) {
      LOG.atDebug().addKeyValue("cause", String.valueOf(e.getMessage())).log("No nftables here");
      return List.of();
    }
  }

  /** What a table holds, as nft prints it; empty if there is none. */
  String text(String table) {
    try {
      return run(List.of("nft", "list table " + table), "");
    } catch (IOException e) {
      // Nft says in many words that there is none; also where the kernel knows no tables at all.
      return "";
    }
  }

  void delete(String table) throws IOException {
    var unused = run(List.of("nft", "-f", "-"), "delete table " + table + "\n");
  }

  /** All of it, or nothing: one transaction. */
  void apply(String script) throws IOException {
    var unused = run(List.of("nft", "-f", "-"), script);
  }

  /** Looked for once. */
  boolean isThere() {
    var known = there;
    if (known == null) {
      known = look();
      there = known;
    }
    return known;
  }

  private boolean look() {
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
    try (var in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    }
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    var errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException(String.join(" ", command) + " did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while nft runs", e);
    } finally {
      process.destroyForcibly();
    }
    if (process.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + ": " + errors.strip());
    }
    return output;
  }
}
