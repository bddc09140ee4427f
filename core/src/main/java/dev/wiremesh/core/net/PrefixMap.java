package dev.wiremesh.core.net;

import dev.wiremesh.core.net.IpAddress.Family;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Values by prefix, with lookup by overlap. Owned by one thread until it is published.
 *
 * <p>Sorted prefixes make a trie unnecessary: the prefixes inside a block follow it immediately,
 * and a block has at most one containing prefix of each length.
 */
public final class PrefixMap<V> {
  private final TreeMap<IpPrefix, V> values = new TreeMap<>();
  private final Map<Family, BitSet> lengths = new EnumMap<>(Family.class);

  public @Nullable V get(IpPrefix prefix) {
    return values.get(prefix);
  }

  public void put(IpPrefix prefix, V value) {
    values.put(prefix, value);
    lengths.computeIfAbsent(prefix.family(), family -> new BitSet()).set(prefix.length());
  }

  /** Calls the action for each entry in the order of the prefixes. */
  public void forEach(BiConsumer<IpPrefix, ? super V> action) {
    values.forEach(action);
  }

  /** The first entry, shortest containing prefix first, that overlaps the block. */
  public Optional<Entry<IpPrefix, V>> overlapping(IpPrefix block) {
    return overlapping(block, value -> true);
  }

  /**
   * The first entry with a wanted value that overlaps the block: containing prefixes from the
   * shortest on, then those inside the block in their order.
   */
  public Optional<Entry<IpPrefix, V>> overlapping(IpPrefix block, Predicate<? super V> wanted) {
    return containing(block, wanted).or(() -> inside(block, wanted));
  }

  /** Whether a prefix of the map contains the whole block. */
  public boolean covers(IpPrefix block) {
    return values.containsKey(block) || containing(block, value -> true).isPresent();
  }

  private Optional<Entry<IpPrefix, V>> containing(IpPrefix block, Predicate<? super V> wanted) {
    var present = lengths.get(block.family());
    if (present == null) {
      return Optional.empty();
    }
    for (int length = present.nextSetBit(0);
        length >= 0 && length < block.length();
        length = present.nextSetBit(length + 1)) {
      var prefix = IpPrefix.containing(block.address(), length);
      var value = values.get(prefix);
      if (value != null && wanted.test(value)) {
        return Optional.of(Map.entry(prefix, value));
      }
    }
    return Optional.empty();
  }

  private Optional<Entry<IpPrefix, V>> inside(IpPrefix block, Predicate<? super V> wanted) {
    for (var entry : values.tailMap(block, true).entrySet()) {
      if (!block.contains(entry.getKey())) {
        break;
      }
      if (wanted.test(entry.getValue())) {
        return Optional.of(Map.entry(entry.getKey(), entry.getValue()));
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
