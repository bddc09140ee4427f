package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.state.MeshStore;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.LocalNetworks;
import dev.wiremesh.agent.watch.LocalNetworks.LeaseHolder;
import dev.wiremesh.agent.watch.MeshObjects;
import dev.wiremesh.agent.watch.PersistedObjects;
import dev.wiremesh.agent.watch.WatchedObjects;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The networks that this node is part of: as the API server has them, or as the disk has them until
 * everything was listed once. A restart then does not interrupt traffic, and listing takes seconds
 * even when the API server answers. Owned by the control thread.
 */
final class KnownNetworks {
  private static final Logger log = LoggerFactory.getLogger(KnownNetworks.class);

  /** A reachable API server has usually listed everything by then. */
  private static final Duration API_WITHIN = Duration.ofSeconds(3);

  private final WatchedObjects objects;
  private final String node;
  private final LocalNetworks networks;
  private final MeshStore store;
  private final MonotonicTime apiExpected;

  private @Nullable Map<String, LocalNetwork> known;
  private long readVersion = -1;
  private boolean fromApi;
  private boolean persistedRead;
  private boolean apiMissed;

  KnownNetworks(WatchedObjects objects, String node, MeshStore store, MonotonicTime now) {
    this.objects = objects;
    this.node = node;
    this.networks = new LocalNetworks(objects, node);
    this.store = store;
    this.apiExpected = now.plus(API_WITHIN);
  }

  /** Null as long as neither the API server nor the disk has shown any. */
  @Nullable Map<String, LocalNetwork> get() {
    return known;
  }

  /** Whether the API server is the source, and not the disk. */
  boolean areFromApi() {
    return fromApi;
  }

  /** This node, if it is part of any network. */
  Optional<LeaseHolder> leaseHolder() {
    return networks.leaseHolder();
  }

  /** Number of objects of a kind that are left out since they cannot be read; any thread. */
  long unreadable(String kind) {
    return networks.unreadable(kind);
  }

  /** The objects that a network was read from. */
  Optional<MeshObjects> objectsOf(String network) {
    return networks.objectsOf(network);
  }

  /** Reads what has changed; returns whether the API server had changes. */
  boolean read(MonotonicTime now) {
    boolean changed = readApi();
    if (known == null && !persistedRead) {
      persistedRead = true;
      known = loadPersisted().orElse(null);
    }
    if (known != null && !fromApi && !apiMissed && !now.isBefore(apiExpected)) {
      apiMissed = true;
      log.atWarn()
          .addKeyValue("networks", String.join(", ", known.keySet()))
          .log("The API server does not answer; continuing with the persisted state");
    }
    return changed;
  }

  private boolean readApi() {
    long version = objects.version();
    if (version == readVersion) {
      return false;
    }
    var read = networks.read();
    if (read.isEmpty()) {
      return false;
    }
    if (apiMissed) {
      log.info("The API server answers; continuing with its state");
      apiMissed = false;
    }
    known = read.get();
    fromApi = true;
    readVersion = version;
    return true;
  }

  private Optional<Map<String, LocalNetwork>> loadPersisted() {
    var persisted = new PersistedObjects(store.load());
    return new LocalNetworks(persisted, node).read().filter(read -> !read.isEmpty());
  }

  /** Reads everything anew next time. */
  void forget() {
    known = null;
    readVersion = -1;
  }
}
