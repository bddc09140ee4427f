package dev.wiremesh.lab.torture;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The names of the objects that a storm may create, change and delete. All of them begin with the
 * prefix, so that a clean-up finds them.
 *
 * @param prefix a DNS label
 * @param lasting networks that the storm's peers also join, and that it never changes
 * @param peers the number of peers' names in each namespace
 */
public record StormScope(String prefix, List<String> lasting, int peers) {
  private static final int NETWORKS = 3;
  private static final int NODES = 5;

  /** The label of Nodes that the networks of a storm select by. */
  static final String NODE_LABEL = "storm-network";

  public StormScope {
    lasting = List.copyOf(lasting);
  }

  List<String> namespaces() {
    return List.of(prefix + "-a", prefix + "-b");
  }

  List<String> networks() {
    return numbered("-net-", NETWORKS);
  }

  List<String> nodes() {
    return numbered("-node-", NODES);
  }

  private List<String> numbered(String infix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + infix + i).toList();
  }

  /** The address pool of one of the storm's networks. */
  String pool(String network) {
    return "10.%d.0.0/22".formatted(201 + networks().indexOf(network));
  }
}
