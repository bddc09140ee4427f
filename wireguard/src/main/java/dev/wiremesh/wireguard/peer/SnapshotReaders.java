package dev.wiremesh.wireguard.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who reads a snapshot in parts, and the keys that were replaced meanwhile: one is wiped when
 * nobody reads any more who may still pass it on. Guarded by the control lock.
 */
public final class SnapshotReaders {
  /** By number: the keys that wait for this reading, and then perhaps for an older one. */
  private final TreeMap<Long, List<Replaced>> open = new TreeMap<>();

  private long next;

  private record Replaced(long since, Runnable wipe) {}

  /** Every reading has a higher number than those before. */
  public long begin() {
    open.put(next, new ArrayList<>());
    return next++;
  }

  public void end(long reading) {
    var waiting = open.remove(reading);
    if (waiting != null) {
      var older = open.lowerEntry(reading);
      waiting.forEach(key -> wipe(key, older));
    }
  }

  /** When a key is set: only later readings know it. */
  public long now() {
    return next;
  }

  /**
   * Wipes a key that is not in force any more, at once if nobody reads.
   *
   * @param since when it was set, as {@link #now} said
   */
  public void wipe(long since, Runnable key) {
    wipe(new Replaced(since, key), open.lastEntry());
  }

  /** Readings older than the one that is given may know the key, younger ones do not. */
  private static void wipe(Replaced key, Map.@Nullable Entry<Long, List<Replaced>> youngest) {
    if (youngest == null || youngest.getKey() < key.since) {
      key.wipe.run();
    } else {
      youngest.getValue().add(key);
    }
  }
}
