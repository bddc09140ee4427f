package dev.wiremesh.core.net;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The prefixes of a tunnel in which each site's prefix is inside a shorter one. A host in such a
 * site then has a longer route to its LAN than the tunnel's, so that the LAN wins where the longest
 * prefix does.
 *
 * <p>One bit less is enough for one site, and is the least that can be. The added half may hold
 * addresses that must stay outside of the tunnel; that site keeps its prefix, since every shorter
 * prefix holds that half too.
 *
 * @param prefixes sorted, none inside another
 * @param hindrances the sites that keep their prefix, each with a range that must stay outside
 */
public record PrefixWidening(List<IpPrefix> prefixes, Map<IpPrefix, IpPrefix> hindrances) {
  public PrefixWidening {
    prefixes = List.copyOf(prefixes);
    hindrances = Map.copyOf(hindrances);
  }

  /**
   * Widens the sites' prefixes.
   *
   * @param allowed the prefixes of the tunnel
   * @param sites the prefixes to widen, as far as the tunnel carries them or parts of them
   * @param outside ranges to which no address may be added; addresses that are allowed stay allowed
   */
  public static PrefixWidening of(
      Collection<IpPrefix> allowed, Collection<IpPrefix> sites, Collection<IpPrefix> outside) {
    var tunnel = new PrefixMap<Boolean>();
    allowed.forEach(prefix -> tunnel.put(prefix, true));
    var kept = new PrefixMap<List<IpPrefix>>();
    outside.forEach(range -> kept.put(range, minus(range, allowed)));

    var widened = new TreeSet<>(allowed);
    var hindrances = new TreeMap<IpPrefix, IpPrefix>();
    for (var site : new TreeSet<>(sites)) {
      if (site.isDefault() || !needsWidening(site, tunnel)) {
        continue;
      }
      var wider = IpPrefix.containing(site.address(), site.length() - 1);
      hindrance(wider, kept)
          .ifPresentOrElse(range -> hindrances.put(site, range), () -> widened.add(wider));
    }
    return new PrefixWidening(withoutContained(widened), hindrances);
  }

  /** Whether the tunnel has the site's prefix or a part of it, and no shorter prefix around it. */
  private static boolean needsWidening(IpPrefix site, PrefixMap<Boolean> tunnel) {
    return tunnel
        .overlapping(site)
        .map(first -> first.getKey().length() >= site.length())
        .orElse(false);
  }

  private static Optional<IpPrefix> hindrance(IpPrefix wider, PrefixMap<List<IpPrefix>> kept) {
    return kept.overlapping(wider, rest -> rest.stream().anyMatch(wider::overlaps))
        .map(Map.Entry::getKey);
  }

  private static List<IpPrefix> minus(IpPrefix range, Collection<IpPrefix> holes) {
    var rest = List.of(range);
    for (var hole : holes) {
      if (range.overlaps(hole)) {
        rest = rest.stream().flatMap(part -> part.minus(hole).stream()).toList();
      }
    }
    return rest;
  }

  private static List<IpPrefix> withoutContained(TreeSet<IpPrefix> sorted) {
    var left = new ArrayList<IpPrefix>();
    for (var prefix : sorted) {
      if (left.isEmpty() || !left.getLast().contains(prefix)) {
        left.add(prefix);
      }
    }
    return left;
  }
}
