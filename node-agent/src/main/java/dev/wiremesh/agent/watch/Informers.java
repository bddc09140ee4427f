package dev.wiremesh.agent.watch;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the API server: all networks, MeshNodes and Peers, and of the Secrets only those that
 * this node needs, each by its name, so that no other Secret is read. Retries for ever; meanwhile
 * the last known objects stay available. Thread-safe, except that the control thread alone calls
 * {@link #wantSecrets}.
 */
public final class Informers implements WatchedObjects, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Informers.class);

  /** Objects in an answer to a list. So many objects of the largest size fit in the heap. */
  private static final long PAGE = 50;

  private final KubernetesClient client;
  private final String namespace;
  private final Runnable changed;
  private final AtomicLong version = new AtomicLong();

  private final SharedIndexInformer<WireGuardNetwork> networks;
  private final SharedIndexInformer<MeshNode> meshNodes;
  private final SharedIndexInformer<Peer> peers;
  private final Map<String, SharedIndexInformer<Secret>> secrets = new ConcurrentHashMap<>();

  /**
   * @param changed called on any thread after each event
   */
  public Informers(KubernetesClient client, String namespace, Runnable changed) {
    this.client = client;
    this.namespace = namespace;
    this.changed = changed;
    networks = watch("networks", client.resources(WireGuardNetwork.class).withLimit(PAGE));
    meshNodes = watch("MeshNodes", client.resources(MeshNode.class).withLimit(PAGE));
    peers = watch("Peers", client.resources(Peer.class).inAnyNamespace().withLimit(PAGE));
  }

  private <T extends HasMetadata> SharedIndexInformer<T> watch(String kind, Informable<T> objects) {
    var informer = objects.runnableInformer(0);
    informer.exceptionHandler((started, failure) -> {
      log.atWarn()
          .addKeyValue("kind", kind)
          .addKeyValue("cause", String.valueOf(failure.getMessage()))
          .log("Watch failed; trying again");
      return true;
    });
    informer.addEventHandler(new Waker<>());
    informer
        .start()
        .whenComplete((nothing, failure) -> {
          if (failure == null) {
            wake();
          }
        });
    return informer;
  }

  private void wake() {
    version.incrementAndGet();
    changed.run();
  }

  @Override
  public boolean synced() {
    return networks.hasSynced() && meshNodes.hasSynced() && peers.hasSynced();
  }

  @Override
  public boolean isWatching() {
    return networks.isWatching() && meshNodes.isWatching() && peers.isWatching();
  }

  /** By kind, whether the watch is established. */
  public Map<String, BooleanSupplier> watching() {
    return Map.of(
        "WireGuardNetwork", networks::isWatching,
        "MeshNode", meshNodes::isWatching,
        "Peer", peers::isWatching);
  }

  @Override
  public long version() {
    return version.get();
  }

  @Override
  public List<WireGuardNetwork> networks() {
    return networks.getStore().list();
  }

  @Override
  public List<MeshNode> meshNodes() {
    return meshNodes.getStore().list();
  }

  @Override
  public List<Peer> peers() {
    return peers.getStore().list();
  }

  @Override
  public Optional<Secret> secret(String name) {
    return Optional.ofNullable(secrets.get(name)).stream()
        .flatMap(informer -> informer.getStore().list().stream())
        .findFirst();
  }

  @Override
  public boolean secretsSynced() {
    return secrets.values().stream().allMatch(SharedIndexInformer::hasSynced);
  }

  @Override
  public void wantSecrets(Set<String> names) {
    for (var name : names) {
      secrets.computeIfAbsent(
          name,
          wanted ->
              watch(
                  "Secret " + wanted,
                  client.secrets().inNamespace(namespace).withField("metadata.name", wanted)));
    }
    secrets
        .entrySet()
        .removeIf(entry -> {
          boolean unwanted = !names.contains(entry.getKey());
          if (unwanted) {
            entry.getValue().stop();
          }
          return unwanted;
        });
  }

  @Override
  public void close() {
    Stream.concat(Stream.of(networks, meshNodes, peers), secrets.values().stream())
        .forEach(SharedIndexInformer::stop);
  }

  private final class Waker<T> implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T object) {
      wake();
    }

    @Override
    public void onUpdate(T before, T after) {
      wake();
    }

    @Override
    public void onDelete(T object, boolean finalStateUnknown) {
      wake();
    }
  }
}
