package dev.wiremesh.core.route;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.net.PrefixMap;
import dev.wiremesh.core.view.MeshView;
import java.util.Map.Entry;
import java.util.Optional;

/**
 * Ranges that no peer's route may overlap, in either direction, each with a description. Immutable;
 * any thread.
 *
 * <p>A route inside such a range takes its traffic. A route around it does too on every node that
 * has no longer route to the range: the mesh's rule comes before the main table.
 */
public final class ForbiddenRanges {
  /** Ranges that no host has an address of its own in, whatever the cluster looks like. */
  static final ForbiddenRanges RESERVED =
      builder()
          .forbid("0.0.0.0/8", "a reserved range")
          .forbid("127.0.0.0/8", "the loopback range")
          .forbid("169.254.0.0/16", "the link-local range")
          .forbid("224.0.0.0/4", "the multicast range")
          .forbid("240.0.0.0/4", "a reserved range")
          .forbid("::/96", "a reserved range")
          .forbid("::ffff:0.0.0.0/96", "a reserved range")
          .forbid("fe80::/10", "the link-local range")
          .forbid("ff00::/8", "the multicast range")
          .build();

  private final PrefixMap<String> descriptions;

  private ForbiddenRanges(PrefixMap<String> descriptions) {
    this.descriptions = descriptions;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** The ranges that one network's own objects forbid: its pools, its nodes and their pods. */
  public static ForbiddenRanges of(MeshView view) {
    var ranges = builder();
    for (var node : view.nodes()) {
      node.underlay()
          .addresses()
          .forEach(
              address -> ranges.forbid(address.toPrefix(), "the address of node " + node.name()));
      node.podCidrs().forEach(cidr -> ranges.forbid(cidr, "the pods of node " + node.name()));
    }
    view.network()
        .pools()
        .forEach(
            pool -> ranges.forbid(pool, "an address pool of network " + view.network().name()));
    return ranges.build();
  }

  /** The first range that overlaps the block, with its description. */
  public Optional<Entry<IpPrefix, String>> overlapping(IpPrefix block) {
    return descriptions.overlapping(block);
  }

  /** Whether one of the ranges contains the whole block. */
  public boolean covers(IpPrefix block) {
    return descriptions.covers(block);
  }

  /** Collects ranges; used by one thread, for one build. */
  public static final class Builder {
    private final PrefixMap<String> descriptions = new PrefixMap<>();

    private Builder() {}

    public Builder forbid(IpPrefix range, String description) {
      // Of two descriptions the lesser text, so that the order of the input does not matter.
      var other = descriptions.get(range);
      if (other == null || description.compareTo(other) < 0) {
        descriptions.put(range, description);
      }
      return this;
    }

    public Builder addAll(ForbiddenRanges others) {
      others.descriptions.forEach(this::forbid);
      return this;
    }

    private Builder forbid(String range, String description) {
      return forbid(IpPrefix.parse(range), description);
    }

    public ForbiddenRanges build() {
      return new ForbiddenRanges(descriptions);
    }
  }
}
