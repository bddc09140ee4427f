package dev.wiremesh.core.net;

import dev.wiremesh.core.net.IpAddress.Family;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Longest-prefix match over both families: an immutable path-compressed binary trie, made by its
 * {@link Builder}. Safe to share between threads. A lookup does not allocate.
 */
public final class PrefixTrie<V> {
  private final @Nullable Node<V> v4;
  private final @Nullable Node<V> v6;
  private final int size;

  private PrefixTrie(@Nullable Node<V> v4, @Nullable Node<V> v6, int size) {
    this.v4 = v4;
    this.v6 = v6;
    this.size = size;
  }

  public static <V> Builder<V> builder() {
    return new Builder<>();
  }

  public int size() {
    return size;
  }

  /** The value of the longest prefix that contains the address. */
  public Optional<V> match(IpAddress address) {
    return Optional.ofNullable(lookup(address));
  }

  /** The value of the longest prefix that contains the whole given prefix. */
  public Optional<V> match(IpPrefix prefix) {
    return Optional.ofNullable(lookup(prefix.address(), prefix.length()));
  }

  /** As {@link #match(IpAddress)}, but null for none, so that nothing is allocated. */
  public @Nullable V lookup(IpAddress address) {
    return lookup(address, address.family().bits());
  }

  private @Nullable V lookup(IpAddress address, int length) {
    Node<V> node = address.family() == Family.IPV4 ? v4 : v6;
    V best = null;
    while (node != null && node.prefix.length() <= length && node.prefix.contains(address)) {
      if (node.value != null) {
        best = node.value;
      }
      if (node.prefix.length() == length) {
        break;
      }
      node = bit(address, node.prefix.length()) == 0 ? node.low : node.high;
    }
    return best;
  }

  /** Calls the action for each prefix in order, IPv4 first. */
  public void forEach(BiConsumer<IpPrefix, V> action) {
    visit(v4, action);
    visit(v6, action);
  }

  private static <V> void visit(@Nullable Node<V> node, BiConsumer<IpPrefix, V> action) {
    if (node == null) {
      return;
    }
    if (node.value != null) {
      action.accept(node.prefix, node.value);
    }
    visit(node.low, action);
    visit(node.high, action);
  }

  private static int bit(IpAddress address, int index) {
    int fromEnd = address.family().bits() - 1 - index;
    return (int) ((fromEnd < 64 ? address.lo() >>> fromEnd : address.hi() >>> (fromEnd - 64)) & 1);
  }

  /** Collects prefixes; the last value of a prefix counts. Owned by one thread. */
  public static final class Builder<V> {
    private @Nullable Node<V> v4;
    private @Nullable Node<V> v6;
    private int size;

    private Builder() {}

    public Builder<V> put(IpPrefix prefix, V value) {
      if (prefix.family() == Family.IPV4) {
        v4 = insert(v4, prefix, value);
      } else {
        v6 = insert(v6, prefix, value);
      }
      return this;
    }

    /** A trie of all prefixes so far; later puts do not change it. */
    public PrefixTrie<V> build() {
      return new PrefixTrie<>(v4, v6, size);
    }

    /** Copies the path, since nodes may belong to a trie that was built already. */
    private Node<V> insert(@Nullable Node<V> node, IpPrefix prefix, V value) {
      if (node == null) {
        size++;
        return new Node<>(prefix, value, null, null);
      }
      if (node.prefix.equals(prefix)) {
        if (node.value == null) {
          size++;
        }
        return new Node<>(prefix, value, node.low, node.high);
      }
      if (node.prefix.contains(prefix)) {
        return bit(prefix.address(), node.prefix.length()) == 0
            ? new Node<>(node.prefix, node.value, insert(node.low, prefix, value), node.high)
            : new Node<>(node.prefix, node.value, node.low, insert(node.high, prefix, value));
      }
      size++;
      var leaf = new Node<>(prefix, value, null, null);
      if (prefix.contains(node.prefix)) {
        return joined(prefix, value, node, null);
      }
      return joined(commonPrefix(prefix, node.prefix), null, node, leaf);
    }

    private static <V> Node<V> joined(
        IpPrefix prefix, @Nullable V value, Node<V> one, @Nullable Node<V> other) {
      return bit(one.prefix.address(), prefix.length()) == 0
          ? new Node<>(prefix, value, one, other)
          : new Node<>(prefix, value, other, one);
    }

    private static IpPrefix commonPrefix(IpPrefix one, IpPrefix other) {
      var a = one.address();
      var b = other.address();
      int bits = a.family().bits();
      int same =
          bits == 32
              ? Long.numberOfLeadingZeros(a.lo() ^ b.lo()) - 32
              : a.hi() == b.hi()
                  ? 64 + Long.numberOfLeadingZeros(a.lo() ^ b.lo())
                  : Long.numberOfLeadingZeros(a.hi() ^ b.hi());
      return IpPrefix.containing(a, Math.min(same, Math.min(one.length(), other.length())));
    }
  }

  private static final class Node<V> {
    final IpPrefix prefix;
    final @Nullable V value;
    final @Nullable Node<V> low;
    final @Nullable Node<V> high;

    Node(IpPrefix prefix, @Nullable V value, @Nullable Node<V> low, @Nullable Node<V> high) {
      this.prefix = prefix;
      this.value = value;
      this.low = low;
      this.high = high;
    }
  }
}
