package dev.wiremesh.lab.story;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Ten pings a second from one machine to an address, from its creation on.
 *
 * <p>Owned by one thread.
 */
final class PingFlow implements AutoCloseable {
  private static final Pattern ANSWER =
      Pattern.compile("\\[(\\d+\\.\\d+)\\] \\d+ bytes from .*icmp_seq=(\\d+).*");
  private static final Pattern OVERDUE = Pattern.compile(".*no answer yet for icmp_seq=(\\d+).*");

  private final Ends ends;
  private final ManagedProcess ping;

  /** The two ends of a flow. */
  record Ends(String from, String to, String address) {
    @Override
    public String toString() {
      return from + " to " + to;
    }
  }

  PingFlow(Host from, Ends ends, Path logs) {
    this.ends = ends;
    var log = logs.resolve("flow-" + ends.from() + "-" + ends.to() + ".log");
    try {
      Files.deleteIfExists(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // -O: a request without an answer is told when the next one is sent.
    this.ping =
        from.start(
            "ping", List.of("ping", "-n", "-D", "-O", "-i", "0.1", ends.address()), Map.of(), log);
  }

  Ends ends() {
    return ends;
  }

  /** The times of answers by sequence number, in seconds since the epoch. */
  private static TreeMap<Integer, Double> answers(List<String> lines) {
    var answers = new TreeMap<Integer, Double>();
    lines.forEach(line -> {
      var answer = ANSWER.matcher(line);
      if (answer.matches()) {
        answers.putIfAbsent(Integer.valueOf(answer.group(2)), Double.valueOf(answer.group(1)));
      }
    });
    return answers;
  }

  boolean isAnswered() {
    return !answers(lines()).isEmpty();
  }

  /** Whether an answer came after a time in seconds since the epoch. */
  boolean isAnsweredSince(double seconds) {
    return answers(lines()).values().stream().anyMatch(time -> time > seconds);
  }

  /** The time of the first answer after a time; infinite without one. */
  double firstAnswerSince(double seconds) {
    return answers(lines()).values().stream()
        .mapToDouble(Double::doubleValue)
        .filter(time -> time > seconds)
        .min()
        .orElse(Double.POSITIVE_INFINITY);
  }

  /** The losses since the first answer; requests on their way do not count. */
  Losses losses() {
    return losses(lines());
  }

  /** The same from the lines of {@code ping -D -O}. */
  static Losses losses(List<String> lines) {
    var answers = answers(lines);
    if (answers.isEmpty()) {
      return new Losses(0, 0, Double.POSITIVE_INFINITY);
    }
    int first = answers.firstKey();
    long overdue =
        lines.stream()
            .map(OVERDUE::matcher)
            .filter(matcher -> matcher.matches())
            .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
            .filter(sequence -> sequence > first && !answers.containsKey(sequence))
            .distinct()
            .count();
    double gap = 0;
    double last = answers.firstEntry().getValue();
    var times = new ArrayList<>(answers.values());
    times.sort(Double::compare);
    for (double time : times) {
      gap = Math.max(gap, time - last);
      last = time;
    }
    return new Losses(answers.size() + (int) overdue, (int) overdue, gap);
  }

  private List<String> lines() {
    try {
      return Files.readAllLines(ping.log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    ping.kill();
  }

  /**
   * The losses of a flow.
   *
   * @param longestGapSeconds the longest time between two answers
   */
  record Losses(int sent, int lost, double longestGapSeconds) {}
}
