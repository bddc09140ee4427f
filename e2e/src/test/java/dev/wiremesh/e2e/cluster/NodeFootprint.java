package dev.wiremesh.e2e.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The configuration of a node: interfaces with their addresses, rules, routes of all tables, tables
 * of the firewall, kernel settings of the network, and files of ours. Compared before an
 * installation and after its removal.
 */
record NodeFootprint(Map<String, Set<String>> things) {
  private static final Map<String, String> COMMANDS =
      Map.of(
          "interface", "ip -o address",
          "rule", "ip rule; ip -6 rule || true",
          "route", "ip route show table all; ip -6 route show table all || true",
          "table of nft", "if command -v nft > /dev/null; then nft list tables; fi",
          "setting",
              "find /proc/sys/net -type f -not -name nf_conntrack_count -not -name stable_secret"
                  + " -not -path '*/route/flush' -exec grep -H . {} + 2> /dev/null || true",
          // Empty directories stay, as they do with any hostPath.
          "file", "find /var/lib/wiremesh /var/run/wireguard ! -type d 2> /dev/null || true");

  /**
   * Parts that come and go with any pod, and the pod network's own routes, which follow a node that
   * is deleted and gets another range.
   */
  private static final Pattern OF_PODS =
      Pattern.compile("veth|\\bcni0\\b|flannel|^(unreachable )?10\\.(244|42)\\.(?!.* table )");

  private static final Predicate<String> LASTING = OF_PODS.asPredicate().negate();

  static NodeFootprint of(MeshCluster cluster, String node) {
    var things = new TreeMap<String, Set<String>>();
    COMMANDS.forEach((thing, command) ->
        things.put(
            thing,
            cluster
                .on(node, "sh", "-c", command)
                .orThrow()
                .output()
                .lines()
                .map(String::strip)
                // An interface's number is only the order in which it came.
                .map(line -> line.replaceFirst("^\\d+: (?=[a-z])", ""))
                .filter(LASTING)
                .collect(Collectors.toCollection(TreeSet::new))));
    return new NodeFootprint(things);
  }

  /** A line for each thing that is there now and was not, or was there and is not. */
  List<String> differencesTo(NodeFootprint before) {
    var differences = new ArrayList<String>();
    things.forEach((thing, now) -> {
      var then = before.things.getOrDefault(thing, Set.of());
      now.stream()
          .filter(line -> !then.contains(line))
          .forEach(line -> differences.add("new %s: %s".formatted(thing, line)));
      then.stream()
          .filter(line -> !now.contains(line))
          .forEach(line -> differences.add("%s is gone: %s".formatted(thing, line)));
    });
    return differences;
  }
}
