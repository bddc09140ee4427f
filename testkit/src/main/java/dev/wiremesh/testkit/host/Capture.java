package dev.wiremesh.testkit.host;

import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A running tcpdump; it records from its creation on.
 *
 * <p>Single-threaded.
 */
public final class Capture implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Host host;
  private final Path folder;
  private final Path file;
  private final ManagedProcess tcpdump;

  private Capture(Host host, Path folder, Path file, ManagedProcess tcpdump) {
    this.host = host;
    this.folder = folder;
    this.file = file;
    this.tcpdump = tcpdump;
  }

  static Capture start(Host host, String device, String filter) {
    try {
      var folder = Files.createTempDirectory("wiremesh-capture-");
      var file = folder.resolve("packets.pcap");
      var command =
          new ArrayList<>(
              List.of(
                  "tcpdump",
                  "-Z",
                  "root",
                  "-n",
                  "-U",
                  "--immediate-mode",
                  // The default buffer has room for only 32 packets of 64 KiB.
                  "-B",
                  "32768",
                  "-i",
                  device,
                  "-w",
                  file.toString()));
      if (!filter.isBlank()) {
        command.add(filter);
      }
      var tcpdump = host.start("tcpdump", command, Map.of(), folder.resolve("log"));
      var capture = new Capture(host, folder, file, tcpdump);
      capture.awaitListening();
      return capture;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The packets recorded so far, one line each, as tcpdump prints them. */
  public List<String> packets() {
    return Command.of("tcpdump", "-n", "-r", file.toString()).check().lines().toList();
  }

  /**
   * The packets recorded so far that match a filter, in two lines each: time since the epoch,
   * device (if the capture is on {@code any}), direction, IP header; then addresses and payload.
   */
  public List<String> details(String filter) {
    var command = new ArrayList<>(List.of("tcpdump", "-n", "-tt", "-v", "-r", file.toString()));
    if (!filter.isBlank()) {
      command.add(filter);
    }
    // The recording holds numbers of devices, which have their names only on this host.
    return host.command(command.toArray(String[]::new)).check().lines().toList();
  }

  /** The recording in pcap format. */
  public byte[] pcap() {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitListening() {
    var deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!tcpdump.lastLines(5).contains("listening on")) {
      if (!tcpdump.isAlive() || System.nanoTime() > deadline) {
        var said = tcpdump.lastLines(5);
        close();
        throw new IllegalStateException("tcpdump does not start: " + said);
      }
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        close();
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while tcpdump starts", e);
      }
    }
  }

  @Override
  public void close() {
    tcpdump.stop(Duration.ofSeconds(2));
    try {
      try (var files = Files.list(folder)) {
        for (var each : files.toList()) {
          Files.delete(each);
        }
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
