package dev.wiremesh.wireguard.session;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Hash table of sessions by local index, with open addressing. Written by one thread at a time,
 * read by any without a lock. A reader finds every session that was added before the lookup, and
 * may find one that was just removed.
 */
public final class SessionTable<P> {
  private static final int INITIAL_CAPACITY = 64;

  private volatile Slots<P> slots = new Slots<>(INITIAL_CAPACITY);

  public @Nullable Session<P> get(int localIndex) {
    return slots.get(localIndex);
  }

  public void add(Session<P> session) {
    if (!slots.hasRoom()) {
      slots = slots.rebuilt();
    }
    slots.add(session);
  }

  public void remove(Session<P> session) {
    slots.remove(session);
  }

  /** Number of sessions; for the writing thread. */
  public int size() {
    return slots.live;
  }

  /** One generation of the table; indices are random, so they are their own hash. */
  private static final class Slots<P> {
    private final AtomicReferenceArray<@Nullable Object> entries;
    private final int mask;
    private int used;
    private int live;

    Slots(int capacity) {
      entries = new AtomicReferenceArray<>(capacity);
      mask = capacity - 1;
    }

    @SuppressWarnings("unchecked")
    @Nullable Session<P> get(int localIndex) {
      for (int at = localIndex & mask; ; at = at + 1 & mask) {
        Object entry = entries.getAcquire(at);
        if (entry == null) {
          return null;
        }
        if (entry instanceof Session<?> session && session.localIndex() == localIndex) {
          return (Session<P>) session;
        }
      }
    }

    boolean hasRoom() {
      return used < entries.length() / 2;
    }

    void add(Session<P> session) {
      int at = session.localIndex() & mask;
      while (entries.getPlain(at) != null) {
        at = at + 1 & mask;
      }
      entries.setRelease(at, session);
      used++;
      live++;
    }

    void remove(Session<P> session) {
      for (int at = session.localIndex() & mask; ; at = at + 1 & mask) {
        Object entry = entries.getPlain(at);
        if (entry == null) {
          return;
        }
        if (entry == session) {
          entries.setRelease(at, Removed.HERE);
          live--;
          return;
        }
      }
    }

    @SuppressWarnings("unchecked")
    Slots<P> rebuilt() {
      int capacity = Math.max(INITIAL_CAPACITY, Integer.highestOneBit(Math.max(1, live)) * 8);
      var next = new Slots<P>(capacity);
      for (int at = 0; at < entries.length(); at++) {
        if (entries.getPlain(at) instanceof Session<?> session) {
          next.add((Session<P>) session);
        }
      }
      return next;
    }
  }

  /** Tombstone in place of a removed session, so that later entries of the chain are found. */
  private enum Removed {
    HERE
  }
}
