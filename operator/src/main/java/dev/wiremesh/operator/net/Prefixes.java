package dev.wiremesh.operator.net;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** Sets of addresses as lists of prefixes. */
public final class Prefixes {
  private static final int SUBNET = 64;

  private Prefixes() {}

  /** The same addresses in as few prefixes as possible, sorted. */
  public static List<IpPrefix> minimal(Collection<IpPrefix> prefixes) {
    var left = new ArrayList<IpPrefix>();
    for (var prefix : new TreeSet<>(prefixes)) {
      // In this order a prefix comes before those it contains, and the low half before the high.
      if (!left.isEmpty() && left.getLast().contains(prefix)) {
        continue;
      }
      left.add(prefix);
      while (left.size() > 1 && areHalves(left.get(left.size() - 2), left.getLast())) {
        left.removeLast();
        var low = left.removeLast();
        left.add(new IpPrefix(low.address(), low.length() - 1));
      }
    }
    return List.copyOf(left);
  }

  /** Prefixes without those that another one contains, sorted; halves are not put together. */
  public static List<IpPrefix> withoutContained(Collection<IpPrefix> prefixes) {
    var left = new ArrayList<IpPrefix>();
    for (var prefix : new TreeSet<>(prefixes)) {
      if (left.isEmpty() || !left.getLast().contains(prefix)) {
        left.add(prefix);
      }
    }
    return List.copyOf(left);
  }

  /** The prefixes minus the holes. */
  public static List<IpPrefix> minus(Collection<IpPrefix> prefixes, Collection<IpPrefix> holes) {
    Collection<IpPrefix> left = prefixes;
    for (var hole : holes) {
      left = left.stream().flatMap(prefix -> prefix.minus(hole).stream()).toList();
    }
    return withoutContained(left);
  }

  /**
   * At most so many prefixes that contain all the given ones, sorted. Where there are more, the
   * longest prefixes are widened first, so that as little as possible is added.
   */
  public static List<IpPrefix> atMost(Collection<IpPrefix> prefixes, int most) {
    var fewer = minimal(prefixes);
    while (fewer.size() > most) {
      var family = largestFamily(fewer);
      int longest =
          fewer.stream()
              .filter(prefix -> prefix.family() == family)
              .mapToInt(IpPrefix::length)
              .max()
              .orElse(0);
      // A subnet of IPv6 hosts is a /64: widening by bits above it would take 64 rounds.
      int wider = Math.max(0, longest > SUBNET ? SUBNET : longest - 1);
      fewer =
          minimal(
              fewer.stream()
                  .map(prefix ->
                      prefix.family() == family && prefix.length() > wider
                          ? IpPrefix.containing(prefix.address(), wider)
                          : prefix)
                  .toList());
    }
    return fewer;
  }

  private static Family largestFamily(List<IpPrefix> prefixes) {
    long v4 = prefixes.stream().filter(prefix -> prefix.family() == Family.IPV4).count();
    return v4 * 2 >= prefixes.size() ? Family.IPV4 : Family.IPV6;
  }

  private static boolean areHalves(IpPrefix low, IpPrefix high) {
    return low.length() == high.length()
        && low.length() > 0
        && low.family() == high.family()
        && IpPrefix.containing(high.address(), low.length() - 1).address().equals(low.address());
  }
}
