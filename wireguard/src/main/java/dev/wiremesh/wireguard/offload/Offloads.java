package dev.wiremesh.wireguard.offload;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The kernel offloads that may be used. Each is used only where the kernel has it, and turned off
 * at run time where it turns out not to work.
 *
 * @param tunRead GSO packets of TCP and UDP are read from the TUN and segmented here
 * @param tunWrite packets of one flow are joined into GRO packets before they are written to the
 *     TUN
 * @param tunQueues a new interface is created as a multi-queue one (IFF_MULTI_QUEUE). Only one
 *     queue is read, because flows that are spread over several arrive out of order
 * @param udpSend datagrams to one peer are sent by one call and segmented by the kernel
 *     (UDP_SEGMENT)
 * @param udpReceive datagrams from one peer are received joined (UDP_GRO)
 */
public record Offloads(
    boolean tunRead, boolean tunWrite, boolean tunQueues, boolean udpSend, boolean udpReceive) {
  public static final String VARIABLE = "WIREMESH_OFFLOADS";
  public static final Offloads ALL = new Offloads(true, true, true, true, true);
  public static final Offloads NONE = new Offloads(false, false, false, false, false);

  private static final List<String> NAMES =
      List.of("tun-read", "tun-write", "tun-queues", "udp-send", "udp-receive");

  /**
   * Parses the value of {@link #VARIABLE}: {@code all} (the default), {@code none}, or names.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static Offloads parse(Map<String, String> environment) {
    var value = environment.getOrDefault(VARIABLE, "").strip();
    return switch (value) {
      case "", "all" -> ALL;
      case "none" -> NONE;
      default -> named(value);
    };
  }

  /** Each offload by its name in {@link #VARIABLE}, with true if it is on. */
  public Map<String, Boolean> byName() {
    var switches = List.of(tunRead, tunWrite, tunQueues, udpSend, udpReceive);
    var byName = new TreeMap<String, Boolean>();
    for (int i = 0; i < NAMES.size(); i++) {
      byName.put(NAMES.get(i), switches.get(i));
    }
    return byName;
  }

  /** The offloads that are on in at least one of the two. */
  public Offloads or(Offloads other) {
    return new Offloads(
        tunRead || other.tunRead,
        tunWrite || other.tunWrite,
        tunQueues || other.tunQueues,
        udpSend || other.udpSend,
        udpReceive || other.udpReceive);
  }

  private static Offloads named(String value) {
    Set<String> names =
        Arrays.stream(value.split(",")).map(String::strip).collect(Collectors.toSet());
    if (!NAMES.containsAll(names)) {
      throw new IllegalArgumentException(
          "%s=%s: write all, none, or some of %s with commas between"
              .formatted(VARIABLE, value, String.join(", ", NAMES)));
    }
    return new Offloads(
        names.contains("tun-read"),
        names.contains("tun-write"),
        names.contains("tun-queues"),
        names.contains("udp-send"),
        names.contains("udp-receive"));
  }
}
