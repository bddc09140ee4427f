package dev.wiremesh.lab.story;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A request in clear text on one device of one machine, as tcpdump printed it.
 *
 * @param seconds since the epoch
 * @param device empty if tcpdump did not say it
 * @param payloadBytes of an echo request; -1 for a TCP SYN
 */
record Sighting(
    String machine,
    double seconds,
    String device,
    boolean outgoing,
    String source,
    String target,
    int payloadBytes) {
  static final int SYN = -1;
  private static final int ICMP_HEADER_BYTES = 8;

  private static final Pattern HEADER =
      Pattern.compile("^(\\d+\\.\\d+) (?:(\\S+) +(In|Out|B|M|P) +)?IP6? .*");
  private static final Pattern ECHO =
      Pattern.compile("^\\s+(\\S+) > (\\S+): ICMP6?,? echo request, .*length (\\d+).*");
  private static final Pattern OPENING =
      Pattern.compile("^\\s+(\\S+)\\.\\d+ > (\\S+)\\.(\\d+): Flags \\[S[EW]*\\],.*");

  /** The requests among the lines of {@code tcpdump -n -tt -v}. */
  static List<Sighting> parse(String machine, List<String> lines) {
    var found = new ArrayList<Sighting>();
    var header = HEADER.matcher("");
    for (var line : lines) {
      var next = HEADER.matcher(line);
      if (next.matches()) {
        header = next;
        continue;
      }
      if (!header.hasMatch()) {
        continue;
      }
      double seconds = Double.parseDouble(header.group(1));
      var device = header.group(2) == null ? "" : header.group(2);
      boolean outgoing = "Out".equals(header.group(3));
      var echo = ECHO.matcher(line);
      var opening = OPENING.matcher(line);
      if (echo.matches()) {
        int bytes = Integer.parseInt(echo.group(3)) - ICMP_HEADER_BYTES;
        found.add(
            new Sighting(machine, seconds, device, outgoing, echo.group(1), echo.group(2), bytes));
      } else if (opening.matches()) {
        found.add(
            new Sighting(
                machine, seconds, device, outgoing, opening.group(1), opening.group(2), SYN));
      }
    }
    return found;
  }
}
