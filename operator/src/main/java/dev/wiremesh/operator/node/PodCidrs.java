package dev.wiremesh.operator.node;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.net.LenientParsing;
import io.fabric8.kubernetes.api.model.Node;
import java.util.LinkedHashSet;
import java.util.List;

/** The pod ranges in a Node's spec. */
public final class PodCidrs {
  private PodCidrs() {}

  public static List<IpPrefix> of(Node node) {
    var spec = node.getSpec();
    if (spec == null) {
      return List.of();
    }
    var texts = new LinkedHashSet<>(spec.getPodCIDRs());
    if (spec.getPodCIDR() != null) {
      texts.add(spec.getPodCIDR());
    }
    return LenientParsing.readAll(List.copyOf(texts), IpPrefix::parseMasked);
  }
}
