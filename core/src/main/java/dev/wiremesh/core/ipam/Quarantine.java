package dev.wiremesh.core.ipam;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.net.IpAddress;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * The released addresses of one address family whose quarantine is not over: those that rest, and
 * those beyond the limits, which are free early. Nodes count as a namespace of their own.
 *
 * <p>Of each namespace the newest ones rest. If they are too many together, the namespace with the
 * most of them loses its oldest first: a namespace that creates and deletes Peers in a loop
 * shortens its own quarantine, and that of no other namespace.
 */
final class Quarantine {
  private static final Comparator<Released> OLDEST_FIRST =
      comparing(Released::at).thenComparing(Released::address);

  /**
   * Most leases of one namespace that are kept although they are free early: a namespace that is
   * deleted and restored gets its addresses back as long as no other Peer needed them.
   */
  private static final int MOST_KEPT = 1000;

  /** The resting addresses, by namespace, the oldest first. */
  private final Map<String, Deque<Released>> resting = new HashMap<>();

  private final Set<IpAddress> restingAddresses = new HashSet<>();
  private final List<Released> freeEarly = new ArrayList<>();
  private final Set<IpAddress> freeEarlyAddresses = new HashSet<>();
  private final int mostPerNamespace;

  /** An address and its last owner, with the time of the release. */
  record Released(IpAddress address, String namespace, Instant at) {}

  /**
   * @param released addresses outside the reserved ranges, whose time is not over
   * @param mostTogether how many may rest over all namespaces
   */
  Quarantine(List<Released> released, int mostPerNamespace, BigInteger mostTogether) {
    this.mostPerNamespace = mostPerNamespace;
    var ordered = new ArrayList<>(released);
    ordered.sort(OLDEST_FIRST);
    for (var one : ordered) {
      resting.computeIfAbsent(one.namespace(), name -> new ArrayDeque<>()).add(one);
    }
    resting
        .values()
        .forEach(ofNamespace -> {
          while (ofNamespace.size() > mostPerNamespace) {
            freeEarly.add(ofNamespace.remove());
          }
        });
    resting.values().removeIf(Deque::isEmpty);
    reduceTo(mostTogether);
    freeEarly.sort(OLDEST_FIRST);
    freeEarly.forEach(one -> freeEarlyAddresses.add(one.address()));
    resting
        .values()
        .forEach(ofNamespace -> ofNamespace.forEach(one -> restingAddresses.add(one.address())));
  }

  private void reduceTo(BigInteger mostTogether) {
    int together = resting.values().stream().mapToInt(Deque::size).sum();
    var largestFirst =
        new PriorityQueue<Deque<Released>>(
            comparing((Deque<Released> it) -> -it.size())
                .thenComparing(it -> it.element(), OLDEST_FIRST));
    largestFirst.addAll(resting.values());
    while (BigInteger.valueOf(together).compareTo(mostTogether) > 0) {
      var largest = largestFirst.remove();
      freeEarly.add(largest.remove());
      together--;
      if (!largest.isEmpty()) {
        largestFirst.add(largest);
      }
    }
    resting.values().removeIf(Deque::isEmpty);
  }

  boolean contains(IpAddress address) {
    return restingAddresses.contains(address);
  }

  /** The addresses beyond the limits, the oldest first. */
  List<Released> freeEarly() {
    return freeEarly;
  }

  boolean isFreeEarly(IpAddress address) {
    return freeEarlyAddresses.contains(address);
  }

  /** Whether an address is free early, and so are many of its namespace that are newer. */
  boolean isSuperfluous(IpAddress address) {
    return freeEarly.stream()
        .filter(one -> one.address().equals(address))
        .anyMatch(one ->
            freeEarly.stream()
                    .filter(other -> other.namespace().equals(one.namespace()))
                    .filter(other -> OLDEST_FIRST.compare(other, one) > 0)
                    .count()
                >= MOST_KEPT);
  }

  /** The address of the namespace that has rested for the longest time. */
  Optional<IpAddress> oldestOf(String namespace) {
    return Optional.ofNullable(resting.get(namespace)).map(Deque::element).map(Released::address);
  }

  /** The address that has rested for the longest time. */
  Optional<IpAddress> oldest() {
    return resting.values().stream().map(Deque::element).min(OLDEST_FIRST).map(Released::address);
  }

  /** Whether another released address of the namespace would end the rest of its oldest one. */
  boolean isFull(String namespace) {
    var ofNamespace = resting.get(namespace);
    return ofNamespace != null && ofNamespace.size() >= mostPerNamespace;
  }
}
