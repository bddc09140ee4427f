package dev.wiremesh.agent.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The kernel's packet filter through the program {@code nft}. Of all tables only those whose names
 * begin with {@link #PREFIX} are ours. A node without {@code nft} has none.
 */
public final class Nftables {
  static final String PREFIX = "wiremesh_";

  private static final long PATIENCE_SECONDS = 30;

  /** Our tables, as {@code inet wiremesh_home}. */
  List<String> tables() throws IOException {
    return run(List.of("nft", "list", "tables"), "")
        .lines()
        .map(line -> line.replaceFirst("^table ", "").strip())
        .filter(table -> table.contains(" " + PREFIX))
        .toList();
  }

  void delete(String table) throws IOException {
    var unused = run(List.of("nft", "-f", "-"), "delete table " + table + "\n");
  }

  /** All of it, or nothing: one transaction. */
  void apply(String script) throws IOException {
    var unused = run(List.of("nft", "-f", "-"), script);
  }

  boolean isThere() {
    try {
      return new ProcessBuilder("nft", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static String run(List<String> command, String input) throws IOException {
    var process = new ProcessBuilder(command).start();
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
