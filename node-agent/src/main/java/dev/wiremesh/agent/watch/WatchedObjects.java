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
  /** Whether everything was listed once: what is not there by then is really not there. */
  boolean synced();

  /** Changes with every event, so that nothing is read twice for nothing. */
  long version();

  List<WireGuardNetwork> networks();

  List<MeshNode> meshNodes();

  List<Peer> peers();

  /** A Secret of the operator's namespace; empty if it is not there or not among the wanted. */
  Optional<Secret> secret(String name);

  /** Whether all wanted Secrets were looked for. */
  boolean secretsSynced();

  /** Which Secrets to watch from now on, each by its name. */
  void wantSecrets(Set<String> names);
}
