package dev.wiremesh.agent.host.sysctl;

import dev.wiremesh.agent.bypass.StrictReversePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Settings of the node that cost packets where they are wrong, and that belong to the node's
 * administrator: the agent reads them and says what to write. Checked by the control thread; the
 * results are read by any thread.
 */
public final class NodeSettings {
  private static final long WANTED_BUFFER_BYTES = 7 << 20;
  private static final long LEAST_QUEUE_PACKETS = 500;
  private static final String EFFECTIVE = "CapEff:";
  private static final int CAP_NET_ADMIN = 12;

  /** A setting by its name for {@code sysctl} or {@code ip link}. */
  public enum Setting {
    RECEIVE_BUFFER("net.core.rmem_max"),
    SEND_BUFFER("net.core.wmem_max"),
    FORWARDING("net.ipv4.ip_forward"),
    REVERSE_PATH_FILTER("rp_filter"),
    QUEUE_LENGTH("txqueuelen");

    private final String text;

    Setting(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /**
   * The uses that one network makes of the node.
   *
   * @param forwardsReplies whether replies from other networks of the node return into the mesh
   * @param routesOfPeers whether IPv4 routes of Peers are programmed
   */
  public record Use(
      String network, String interfaceName, boolean forwardsReplies, boolean routesOfPeers) {}

  private final Path root;
  private final StrictReversePaths reversePaths;
  private final Map<String, Set<Setting>> advised = new ConcurrentHashMap<>();

  /** The settings of the node whose network namespace this process is in. */
  public NodeSettings() {
    this(Path.of("/"));
  }

  /**
   * @param root of {@code proc} and {@code sys}
   */
  NodeSettings(Path root) {
    this.root = root;
    this.reversePaths = new StrictReversePaths(root.resolve("proc/sys/net/ipv4/conf"));
  }

  /**
   * Checks the settings that a network needs.
   *
   * @param others interfaces of the node that packets of the underlay may come in by
   * @return one sentence for each setting that should be changed
   */
  public List<String> check(Use use, Collection<String> others) {
    var found = EnumSet.noneOf(Setting.class);
    var sentences = new ArrayList<String>();
    for (var buffer : List.of(Setting.RECEIVE_BUFFER, Setting.SEND_BUFFER)) {
      var limit = number("proc/sys/" + buffer.text().replace('.', '/'));
      if (limit.isPresent() && limit.getAsLong() < WANTED_BUFFER_BYTES && !exceedsLimits()) {
        found.add(buffer);
        sentences.add(
            "The sysctl %s is %d and the agent may not exceed it: set it to %d, or bursts are lost."
                .formatted(buffer.text(), limit.getAsLong(), WANTED_BUFFER_BYTES));
      }
    }
    if (use.forwardsReplies() && isZero("proc/sys/net/ipv4/ip_forward")) {
      found.add(Setting.FORWARDING);
      sentences.add(
          "The sysctl net.ipv4.ip_forward is 0: set it to 1, or replies from other networks of this"
              + " node do not return into the mesh.");
    }
    if (use.routesOfPeers()) {
      var strict = reversePaths.interfaces(others::contains);
      if (!strict.isEmpty()) {
        found.add(Setting.REVERSE_PATH_FILTER);
        sentences.add(
            "The reverse path filter of %s is strict: set the sysctl net.ipv4.conf.%s.rp_filter to"
                    .formatted(String.join(", ", strict), strict.iterator().next())
                + " 2, or tunnel packets from addresses behind a Peer's route are lost.");
      }
    }
    var queue = number("sys/class/net/" + use.interfaceName() + "/tx_queue_len");
    if (queue.isPresent() && queue.getAsLong() < LEAST_QUEUE_PACKETS) {
      found.add(Setting.QUEUE_LENGTH);
      sentences.add(
          "The queue of %s has %d packets: ip link set %s txqueuelen 2000, or bursts are lost."
              .formatted(use.interfaceName(), queue.getAsLong(), use.interfaceName()));
    }
    advised.put(use.network(), Set.copyOf(found));
    return sentences;
  }

  /** Forgets a network that left the node. */
  public void forget(String network) {
    advised.remove(network);
  }

  /** Whether the setting should be changed for any network; any thread. */
  public boolean isAdvised(Setting setting) {
    return advised.values().stream().anyMatch(settings -> settings.contains(setting));
  }

  /** A process with NET_ADMIN in the first user namespace sets larger buffers than the limits. */
  private boolean exceedsLimits() {
    try {
      var map = Files.readString(root.resolve("proc/self/uid_map")).strip().split("\\s+");
      boolean isFirstNamespace =
          map.length == 3 && map[0].equals("0") && map[1].equals("0") && map[2].length() >= 10;
      return isFirstNamespace
          && Files.readAllLines(root.resolve("proc/self/status")).stream()
              .filter(line -> line.startsWith(EFFECTIVE))
              .map(line -> Long.parseUnsignedLong(line.substring(EFFECTIVE.length()).strip(), 16))
              .anyMatch(held -> (held & 1L << CAP_NET_ADMIN) != 0);
    } catch (IOException | NumberFormatException e) {
      return true;
    }
  }

  private boolean isZero(String file) {
    var value = number(file);
    return value.isPresent() && value.getAsLong() == 0;
  }

  /** Empty for a setting that this process cannot read: then nothing is said about it. */
  private OptionalLong number(String file) {
    try {
      return OptionalLong.of(Long.parseLong(Files.readString(root.resolve(file)).strip()));
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
