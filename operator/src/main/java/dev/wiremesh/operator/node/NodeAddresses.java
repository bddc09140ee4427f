package dev.wiremesh.operator.node;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.operator.net.LenientParsing;
import io.fabric8.kubernetes.api.model.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A Node's addresses as its status has them, in its order. */
public record NodeAddresses(List<IpAddress> internal, List<IpAddress> external) {
  public NodeAddresses {
    internal = List.copyOf(internal);
    external = List.copyOf(external);
  }

  public static NodeAddresses of(Node node) {
    return new NodeAddresses(ofType(node, "InternalIP"), ofType(node, "ExternalIP"));
  }

  private static List<IpAddress> ofType(Node node, String type) {
    if (node.getStatus() == null) {
      return List.of();
    }
    return node.getStatus().getAddresses().stream()
        .filter(address -> type.equals(address.getType()))
        .flatMap(address -> LenientParsing.read(address.getAddress(), IpAddress::parse).stream())
        .distinct()
        .toList();
  }

  /** Internal addresses, then external ones; each once. */
  public List<IpAddress> all() {
    var all = new ArrayList<>(internal);
    external.stream().filter(address -> !all.contains(address)).forEach(all::add);
    return List.copyOf(all);
  }

  /** The address for clients outside the cluster. */
  public Optional<IpAddress> fromOutside() {
    return external.stream().findFirst().or(() -> internal.stream().findFirst());
  }
}
