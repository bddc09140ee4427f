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
 * Goes round the Secrets of the Peers, a few at a time, and has those Peers looked at whose Secret
 * was deleted or changed by somebody. The operator may not watch Secrets outside its own namespace:
 * a right to watch some is a right to read all. So it asks for those that it knows, one by one.
 * Owned by one thread.
 */
public final class SecretPoller {
  private static final Logger LOG = LoggerFactory.getLogger(SecretPoller.class);

  private final KubernetesClient client;
  private final ClusterCache state;
  private final RequeueSource<Peer> peers;
  private final int atATime;

  /** What each Secret was when it was last looked at: its resourceVersion, or that it is absent. */
  private final Map<String, String> seen = new HashMap<>();

  private String last = "";

  /**
   * @param atATime how many Secrets are asked for in each {@link #go}
   */
  public SecretPoller(
      KubernetesClient client, ClusterCache state, RequeueSource<Peer> peers, int atATime) {
    this.client = client;
    this.state = state;
    this.peers = peers;
    this.atATime = atATime;
  }

  /** Asks for the next few; to be called every few seconds while this replica leads. */
  public void go() {
    var watched = watched();
    seen.keySet().retainAll(watched.keySet());
    var next =
        Stream.concat(
                watched.tailMap(last, false).keySet().stream(),
                watched.headMap(last, true).keySet().stream())
            .limit(atATime)
            .toList();
    for (var secret : next) {
      // One that cannot be read has had its turn, and the next round begins behind it.
      last = secret;
      try {
        look(secret, Objects.requireNonNull(watched.get(secret)));
      } catch (KubernetesClientException e) {
        LOG.atDebug().addKeyValue("secret", secret).setCause(e).log("A Secret was not looked at");
        return;
      }
    }
  }

  private void look(String name, List<Peer> whose) {
    int slash = name.indexOf('/');
    var secret =
        client
            .secrets()
            .inNamespace(name.substring(0, slash))
            .withName(name.substring(slash + 1))
            .get();
    var now = secret == null ? "absent" : version(secret);
    // At first sight too: what it was when the Peer was looked at last is not known.
    if (!now.equals(seen.put(name, now))) {
      whose.forEach(peers::of);
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
