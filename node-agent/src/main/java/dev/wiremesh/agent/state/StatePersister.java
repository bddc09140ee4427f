package dev.wiremesh.agent.state;

import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.MeshObjects;
import dev.wiremesh.agent.watch.NetworkKeys;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.topology.MeshView;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the state on disk like what is known, a few seconds behind: the first version of a network
 * is written at once, later ones when the disk had some rest. Owned by the control thread.
 */
public final class StatePersister {
  private static final Logger log = LoggerFactory.getLogger(StatePersister.class);
  private static final Duration REST = Duration.ofSeconds(5);
  private static final Duration REST_AFTER_FAILURE = Duration.ofSeconds(60);

  /** What stands on disk for a network. */
  private record Saved(
      @Nullable MeshView view, @Nullable NetworkKeys keys, Map<PublicKey, UdpEndpoint> endpoints) {}

  private final MeshStore store;
  private final Map<String, Saved> saved = new HashMap<>();
  private Instant restUntil = Instant.MIN;
  private Set<String> kept = Set.of();
  private boolean keptAny;

  public StatePersister(MeshStore store) {
    this.store = store;
  }

  /** Whether there is time to write; a network that was never written does not wait. */
  public boolean isDue(String network, Instant now) {
    return !now.isBefore(restUntil) || !saved.containsKey(network);
  }

  /**
   * @param objects what the membership was read from; asked for only where it is new
   */
  public void keep(
      String network,
      LocalNetwork membership,
      Supplier<Optional<MeshObjects>> objects,
      Map<PublicKey, UdpEndpoint> endpoints,
      Instant now) {
    var view = membership.view();
    var keys = membership.keys();
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
        restUntil = now.plus(REST);
      }
      if (before == null || !endpoints.equals(before.endpoints)) {
        store.saveEndpoints(network, endpoints);
        restUntil = now.plus(REST);
      }
      saved.put(network, new Saved(view, keys, endpoints));
    } catch (IOException e) {
      saved.put(network, new Saved(null, null, Map.of()));
      restUntil = now.plus(REST_AFTER_FAILURE);
      log.atWarn()
          .addKeyValue("network", network)
          .addKeyValue("cause", String.valueOf(e))
          .log("State not saved: an agent that starts without the API server will not know this");
    }
  }

  /** Networks that this node is no longer part of leave no file behind. */
  public void retain(Set<String> networks) {
    if (!keptAny || !kept.equals(networks)) {
      store.retain(networks);
      saved.keySet().retainAll(networks);
      kept = Set.copyOf(networks);
      keptAny = true;
    }
  }
}
