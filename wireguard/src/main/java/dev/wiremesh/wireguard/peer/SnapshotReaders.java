package dev.wiremesh.wireguard.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Open readers of paged snapshots, and the keys replaced since: a key is wiped when all readers
 * that may still pass it on are closed. Guarded by the control lock.
 */
public final class SnapshotReaders {
  /** Keys by the youngest reader that they wait for; then they may wait for an older one. */
  private final TreeMap<Long, List<Replaced>> open = new TreeMap<>();

  private long next;

  private record Replaced(long since, Runnable wipe) {}

  /** Opens a reader; numbers increase. */
  public long begin() {
    open.put(next, new ArrayList<>());
    return next++;
  }

  public void end(long reader) {
    var waiting = open.remove(reader);
    if (waiting != null) {
      var older = open.lowerEntry(reader);
      waiting.forEach(key -> wipe(key, older));
    }
  }

  /** The number of the next reader: a key set now is known to it and later ones. */
  public long now() {
    return next;
  }

  /**
   * Wipes a replaced key, at once if no reader knows it.
   *
   * @param since {@link #now} when it was set
   */
  public void wipe(long since, Runnable key) {
    wipe(new Replaced(since, key), open.lastEntry());
  }

  /** Readers from {@code youngest} downwards may know the key, younger ones do not. */
  private static void wipe(Replaced key, Map.@Nullable Entry<Long, List<Replaced>> youngest) {
    if (youngest == null || youngest.getKey() < key.since) {
      key.wipe.run();
    } else {
      youngest.getValue().add(key);
    }
  }
}
