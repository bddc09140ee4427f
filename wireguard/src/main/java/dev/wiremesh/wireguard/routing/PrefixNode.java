package dev.wiremesh.wireguard.routing;

import org.jspecify.annotations.Nullable;

/**
 * Node of a compressed binary trie over left-aligned addresses of up to 128 bits. Immutable; a node
 * without a value has two children. Address bits beyond the prefix length are undefined: a device
 * may have 200,000 nodes, so they are kept small.
 */
final class PrefixNode<V> {
  private static final int MAX_LENGTH = 128;

  private final long hi;
  private final long lo;
  private final int length;
  private final @Nullable V value;
  private final @Nullable PrefixNode<V> zero;
  private final @Nullable PrefixNode<V> one;

  private PrefixNode(
      long hi,
      long lo,
      int length,
      @Nullable V value,
      @Nullable PrefixNode<V> zero,
      @Nullable PrefixNode<V> one) {
    this.hi = hi;
    this.lo = lo;
    this.length = length;
    this.value = value;
    this.zero = zero;
    this.one = one;
  }

  static <V> @Nullable V match(@Nullable PrefixNode<V> root, long hi, long lo) {
    V best = null;
    var node = root;
    while (node != null && node.covers(hi, lo)) {
      if (node.value != null) {
        best = node.value;
      }
      node = node.child(hi, lo);
    }
    return best;
  }

  static <V> @Nullable V get(@Nullable PrefixNode<V> root, long hi, long lo, int length) {
    var node = root;
    while (node != null && node.length < length && node.covers(hi, lo)) {
      node = node.child(hi, lo);
    }
    return node != null && node.length == length && node.covers(hi, lo) ? node.value : null;
  }

  static <V> PrefixNode<V> insert(
      @Nullable PrefixNode<V> node, long hi, long lo, int length, V value) {
    if (node == null) {
      return new PrefixNode<>(hi, lo, length, value, null, null);
    }
    int common = Math.min(commonLength(node.hi, node.lo, hi, lo), Math.min(node.length, length));
    if (common == node.length && common == length) {
      return new PrefixNode<>(hi, lo, length, value, node.zero, node.one);
    }
    if (common == node.length) {
      return bit(hi, lo, common)
          ? node.withChildren(node.zero, insert(node.one, hi, lo, length, value))
          : node.withChildren(insert(node.zero, hi, lo, length, value), node.one);
    }
    boolean nodeIsOne = bit(node.hi, node.lo, common);
    if (common == length) {
      return new PrefixNode<>(
          hi, lo, length, value, nodeIsOne ? null : node, nodeIsOne ? node : null);
    }
    var leaf = new PrefixNode<V>(hi, lo, length, value, null, null);
    return new PrefixNode<>(hi, lo, common, null, nodeIsOne ? leaf : node, nodeIsOne ? node : leaf);
  }

  static <V> @Nullable PrefixNode<V> remove(
      @Nullable PrefixNode<V> node, long hi, long lo, int length) {
    if (node == null || node.length > length || !node.covers(hi, lo)) {
      return node;
    }
    if (node.length == length) {
      return join(node, null, node.zero, node.one);
    }
    return bit(hi, lo, node.length)
        ? join(node, node.value, node.zero, remove(node.one, hi, lo, length))
        : join(node, node.value, remove(node.zero, hi, lo, length), node.one);
  }

  private static <V> @Nullable PrefixNode<V> join(
      PrefixNode<V> at,
      @Nullable V value,
      @Nullable PrefixNode<V> zero,
      @Nullable PrefixNode<V> one) {
    if (value == null && zero == null) {
      return one;
    }
    if (value == null && one == null) {
      return zero;
    }
    return new PrefixNode<>(at.hi, at.lo, at.length, value, zero, one);
  }

  private PrefixNode<V> withChildren(
      @Nullable PrefixNode<V> newZero, @Nullable PrefixNode<V> newOne) {
    return new PrefixNode<>(hi, lo, length, value, newZero, newOne);
  }

  private boolean covers(long otherHi, long otherLo) {
    return commonLength(hi, lo, otherHi, otherLo) >= length;
  }

  private @Nullable PrefixNode<V> child(long otherHi, long otherLo) {
    return length < MAX_LENGTH && bit(otherHi, otherLo, length) ? one : zero;
  }

  private static boolean bit(long hi, long lo, int index) {
    return (index < 64 ? hi << index : lo << (index - 64)) < 0;
  }

  private static int commonLength(long hi, long lo, long otherHi, long otherLo) {
    return hi != otherHi
        ? Long.numberOfLeadingZeros(hi ^ otherHi)
        : 64 + Long.numberOfLeadingZeros(lo ^ otherLo);
  }
}
