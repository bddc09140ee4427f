package dev.wiremesh.operator.peer;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls the Peers' Secrets in batches and requeues a Peer whose Secret was deleted or changed.
 * Polling, because a watch would need the right to read all Secrets. Owned by one thread.
 */
public final class SecretPoller {
  private static final Logger LOG = LoggerFactory.getLogger(SecretPoller.class);

  private final KubernetesClient client;
  private final ClusterCache state;
  private final RequeueSource<Peer> peers;
  private final int perPoll;

  /** The version of each Secret at its last poll, or that it was absent. */
  private final Map<String, String> seen = new HashMap<>();

  private String last = "";

  /**
   * @param perPoll Secrets read by each {@link #poll}
   */
  public SecretPoller(
      KubernetesClient client, ClusterCache state, RequeueSource<Peer> peers, int perPoll) {
    this.client = client;
    this.state = state;
    this.peers = peers;
    this.perPoll = perPoll;
  }

  /** Reads the next batch; to be called every few seconds while this replica leads. */
  public void poll() {
    var watched = watched();
    seen.keySet().retainAll(watched.keySet());
    var next =
        Stream.concat(
                watched.tailMap(last, false).keySet().stream(),
                watched.headMap(last, true).keySet().stream())
            .limit(perPoll)
            .toList();
    for (var secret : next) {
      // Set first: a Secret that cannot be read must not block those behind it.
      last = secret;
      try {
        check(secret, Objects.requireNonNull(watched.get(secret)));
      } catch (KubernetesClientException e) {
        LOG.atDebug().addKeyValue("secret", secret).setCause(e).log("Cannot read a Secret");
        return;
      }
    }
  }

  private void check(String name, List<Peer> owners) {
    int slash = name.indexOf('/');
    var secret =
        client
            .secrets()
            .inNamespace(name.substring(0, slash))
            .withName(name.substring(slash + 1))
            .get();
    var now = secret == null ? "absent" : version(secret);
    // Also at the first poll: the Secret may have changed since the Peer was reconciled.
    if (!now.equals(seen.put(name, now))) {
      owners.forEach(peers::requeue);
    }
  }

  private static String version(Secret secret) {
    return secret.getMetadata().getUid() + " " + secret.getMetadata().getResourceVersion();
  }

  /** Each Secret that Peers have or point to, as namespace/name, with those Peers. */
  private NavigableMap<String, List<Peer>> watched() {
    var watched = new TreeMap<String, List<Peer>>();
    for (var peer : state.peers().all()) {
      var own = peer.getStatus().configSecret;
      var given = peer.getSpec().keySecretRef;
      Stream.of(own, given == null ? null : given.name)
          .filter(Objects::nonNull)
          .map(name -> peer.getMetadata().getNamespace() + "/" + name)
          .forEach(name ->
              watched.merge(
                  name,
                  List.of(peer),
                  (some, one) -> Stream.concat(some.stream(), one.stream()).toList()));
    }
    return watched;
  }
}
