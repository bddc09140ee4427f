package dev.wiremesh.lab.torture;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Five pings a second from a machine of the lab to a mesh address. */
final class PingCount implements AutoCloseable {
  private static final Pattern ANSWER = Pattern.compile("bytes from .*icmp_seq=(\\d+)");
  private static final Pattern OVERDUE = Pattern.compile("no answer yet for icmp_seq=(\\d+)");

  private final String name;
  private final ManagedProcess ping;

  PingCount(String name, long keeperPid, String address, Path log) {
    this.name = name;
    var command = new ArrayList<>(Host.launcher(keeperPid));
    // -O: a request without an answer is told when the next one is sent.
    command.addAll(List.of("ping", "-n", "-O", "-i", "0.2", address));
    this.ping = ManagedProcess.start("ping " + name, command, Map.of(), log);
  }

  String name() {
    return name;
  }

  /** The number of requests without an answer, those on their way excepted. */
  int lost() {
    var lost = new TreeSet<Integer>();
    try {
      for (var line : Files.readAllLines(ping.log())) {
        var overdue = OVERDUE.matcher(line);
        var answer = ANSWER.matcher(line);
        if (overdue.find()) {
          lost.add(Integer.valueOf(overdue.group(1)));
        } else if (answer.find()) {
          lost.remove(Integer.valueOf(answer.group(1)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lost.size();
  }

  @Override
  public void close() {
    ping.kill();
  }
}
