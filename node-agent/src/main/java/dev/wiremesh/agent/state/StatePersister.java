package dev.wiremesh.agent.state;

import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.MeshObjects;
import dev.wiremesh.agent.watch.NetworkKeys;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Persists the inputs of the plan of each network: the first version at once, later ones at most
 * every five seconds. Owned by the control thread.
 */
public final class StatePersister {
  private static final Logger log = LoggerFactory.getLogger(StatePersister.class);
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(60);

  /** The state of a network on disk. */
  private record Saved(
      @Nullable MeshView view, @Nullable NetworkKeys keys, Map<PublicKey, UdpEndpoint> endpoints) {}

  private final MeshStore store;
  private final Map<String, Saved> saved = new HashMap<>();
  private MonotonicTime pausedUntil = MonotonicTime.LONG_AGO;
  private Set<String> kept = Set.of();
  private boolean keptAny;

  public StatePersister(MeshStore store) {
    this.store = store;
  }

  /** Whether the network may be written now; its first version does not wait. */
  public boolean isDue(String network, MonotonicTime now) {
    return !now.isBefore(pausedUntil) || !saved.containsKey(network);
  }

  /**
   * Writes the state of a network where it differs from the disk.
   *
   * @param objects that the network was read from; called only if they changed
   */
  public void keep(
      String network,
      LocalNetwork local,
      Supplier<Optional<MeshObjects>> objects,
      Map<PublicKey, UdpEndpoint> endpoints,
      MonotonicTime now) {
    var view = local.view();
    var keys = local.keys();
    if (view == null || keys == null) {
      return;
    }
    var before = saved.get(network);
    try {
      if (before == null || !view.equals(before.view) || !keys.equals(before.keys)) {
        var wanted = objects.get();
        if (wanted.isEmpty()) {
          return;
        }
        store.save(network, wanted.get());
        pausedUntil = now.plus(PAUSE);
      }
      if (before == null || !endpoints.equals(before.endpoints)) {
        store.saveEndpoints(network, endpoints);
        pausedUntil = now.plus(PAUSE);
      }
      saved.put(network, new Saved(view, keys, endpoints));
    } catch (IOException e) {
      saved.put(network, new Saved(null, null, Map.of()));
      pausedUntil = now.plus(PAUSE_AFTER_FAILURE);
      log.atWarn()
          .addKeyValue("network", network)
          .addKeyValue("cause", String.valueOf(e))
          .log("State not saved; an agent that starts without the API server will miss it");
    }
  }

  /** Removes the files of networks that this node is no longer part of. */
  public void retain(Set<String> networks) {
    if (!keptAny || !kept.equals(networks)) {
      store.retain(networks);
      saved.keySet().retainAll(networks);
      kept = Set.copyOf(networks);
      keptAny = true;
    }
  }

  /** Writes everything anew next time: the files were removed. */
  public void forget() {
    saved.clear();
    kept = Set.of();
    keptAny = false;
  }
}
