package dev.wiremesh.lab.story;

import dev.wiremesh.testkit.host.Capture;
import dev.wiremesh.testkit.host.Host;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * A capture on every machine of a story, and the ways of requests read from them.
 *
 * <p>Owned by one thread.
 */
final class WayTrace implements AutoCloseable {
  /** The mark of a tunnel in the text of a way. */
  static final String TUNNEL = " => ";

  private static final String REQUESTS =
      "icmp[icmptype] == icmp-echo or ((tcp dst port 80 or tcp dst port 8080)"
          + " and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn)";

  private final Map<String, Capture> captures;

  private WayTrace(Map<String, Capture> captures) {
    this.captures = captures;
  }

  /** Records from its return on. */
  static WayTrace start(List<Host> machines) {
    var captures = new ConcurrentHashMap<String, Capture>();
    // Side by side: each tcpdump needs a tenth of a second until it listens.
    machines.parallelStream()
        .forEach(machine -> captures.put(machine.name(), machine.capture("any", REQUESTS)));
    return new WayTrace(captures);
  }

  /** The recorded requests of all machines, in the order of time. */
  List<Sighting> sightings() {
    var found = new ArrayList<Sighting>();
    captures.forEach(
        (machine, capture) -> found.addAll(Sighting.parse(machine, capture.details(""))));
    // A bridge passes packets on that are not for its machine; those that are, its own device
    // shows.
    found.removeIf(seen -> seen.device().startsWith(EdgeLan.PORT));
    found.sort(Comparator.comparingDouble(Sighting::seconds));
    return found;
  }

  /** The way of the request that matches. */
  static Way way(List<Sighting> sightings, Predicate<Sighting> request) {
    var machines = new ArrayList<String>();
    var text = new StringBuilder();
    var source = "";
    var tunnel = false;
    for (var seen : sightings) {
      if (!request.test(seen)) {
        continue;
      }
      if (!machines.contains(seen.machine())) {
        text.append(machines.isEmpty() ? "" : tunnel ? TUNNEL : " -> ").append(seen.machine());
        machines.add(seen.machine());
      }
      if (seen.outgoing()) {
        tunnel = seen.device().startsWith("wg");
      } else {
        source = seen.source();
      }
    }
    return new Way(List.copyOf(machines), text.toString(), source);
  }

  @Override
  public void close() {
    captures.values().forEach(Capture::close);
  }

  /**
   * An observed way.
   *
   * @param text with {@code =>} for each tunnel
   * @param source the source address of the last incoming packet
   */
  record Way(List<String> machines, String text, String source) {}
}
