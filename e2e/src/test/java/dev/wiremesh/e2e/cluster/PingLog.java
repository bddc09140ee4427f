package dev.wiremesh.e2e.cluster;

import java.time.Duration;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The result of a steady ping: requests, replies, and the longest time without a reply.
 *
 * @param longestGap the longest row of lost ones, at the interval of the ping
 */
record PingLog(String name, int sent, int lost, Duration longestGap) {
  private static final Pattern ANSWER = Pattern.compile("bytes from .*seq=(\\d+)");
  private static final Pattern SENT = Pattern.compile("(\\d+) packets transmitted");

  /** Understands the ping of iputils and that of busybox. */
  static PingLog parse(String name, String text, Duration interval) {
    var total = SENT.matcher(text);
    if (!total.find()) {
      throw new IllegalArgumentException("no statistics of a ping: " + text);
    }
    int sent = Integer.parseInt(total.group(1));
    // A sequence number is 16 bits wide, and a duplicate answer counts once.
    var answered = new TreeSet<Integer>();
    text.lines()
        .map(ANSWER::matcher)
        .filter(answer -> answer.find())
        .forEach(answer -> answered.add(Integer.parseInt(answer.group(1))));
    if (answered.isEmpty()) {
      return new PingLog(name, sent, sent, interval.multipliedBy(sent));
    }
    // iputils counts from 1, busybox from 0.
    int first = text.contains("icmp_seq=") ? 1 : 0;
    int longest = 0;
    int expected = first;
    for (var number : answered) {
      longest = Math.max(longest, number - expected);
      expected = number + 1;
    }
    // The last one may have been on its way when the ping was stopped.
    longest = Math.max(longest, first + sent - 1 - expected);
    int lost = Math.max(0, sent - answered.size());
    if (!answered.contains(first + sent - 1)) {
      lost = Math.max(0, lost - 1);
    }
    return new PingLog(name, sent, lost, interval.multipliedBy(longest));
  }

  @Override
  public String toString() {
    return "%s: %d of %d lost, at most %.1f s at a stretch"
        .formatted(name, lost, sent, longestGap.toMillis() / 1000.0);
  }
}
