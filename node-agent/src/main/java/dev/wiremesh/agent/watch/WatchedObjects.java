package dev.wiremesh.agent.watch;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Watched objects in their last known state; the API server may be unreachable. Any thread. */
public interface WatchedObjects {
  /** Whether everything was listed once: an object that is missing now does not exist. */
  boolean synced();

  /** Whether the watches are established, as far as the connections show it. */
  boolean isWatching();

  /** Changes with every event, so that unchanged objects are not read again. */
  long version();

  List<WireGuardNetwork> networks();

  List<MeshNode> meshNodes();

  List<Peer> peers();

  /** A Secret of the operator's namespace; empty if it is not there or not among the wanted. */
  Optional<Secret> secret(String name);

  /** Whether all wanted Secrets were listed once. */
  boolean secretsSynced();

  /** Sets the Secrets to watch, each by its name. */
  void wantSecrets(Set<String> names);
}
