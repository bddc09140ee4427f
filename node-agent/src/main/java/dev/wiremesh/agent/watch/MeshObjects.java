package dev.wiremesh.agent.watch;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The API objects that a network's plan and keys are made of: enough to come to the same plan again
 * without the API server.
 *
 * @param secrets those that this node reads
 */
public record MeshObjects(
    WireGuardNetwork network, List<MeshNode> meshNodes, List<Peer> peers, List<Secret> secrets) {
  public MeshObjects {
    meshNodes = List.copyOf(meshNodes);
    peers = List.copyOf(peers);
    secrets = List.copyOf(secrets);
  }

  /** The same with the fields alone that a plan needs. */
  MeshObjects trimmed() {
    return new MeshObjects(
        trimmed(network),
        meshNodes.stream().map(MeshObjects::trimmed).toList(),
        peers.stream().map(MeshObjects::trimmed).toList(),
        secrets);
  }

  private static WireGuardNetwork trimmed(WireGuardNetwork network) {
    var trimmed = new WireGuardNetwork();
    trimmed.setMetadata(metadata(network));
    trimmed.setSpec(network.getSpec());
    trimmed.getStatus().effective = network.getStatus().effective;
    trimmed.getStatus().gatewayPublicKey = network.getStatus().gatewayPublicKey;
    return trimmed;
  }

  private static MeshNode trimmed(MeshNode node) {
    var trimmed = new MeshNode();
    trimmed.setMetadata(metadata(node));
    trimmed.setSpec(node.getSpec());
    trimmed.getStatus().publicKey = node.getStatus().publicKey;
    return trimmed;
  }

  private static Peer trimmed(Peer peer) {
    var trimmed = new Peer();
    trimmed.setMetadata(metadata(peer));
    trimmed.setSpec(peer.getSpec());
    trimmed.getStatus().publicKey = peer.getStatus().publicKey;
    trimmed.getStatus().addresses = peer.getStatus().addresses;
    trimmed.getStatus().homeGateway = peer.getStatus().homeGateway;
    trimmed.getStatus().routes = peer.getStatus().routes;
    return trimmed;
  }

  private static ObjectMeta metadata(HasMetadata object) {
    var metadata = object.getMetadata();
    return new ObjectMetaBuilder()
        .withNamespace(metadata.getNamespace())
        .withName(metadata.getName())
        .withUid(metadata.getUid())
        .withGeneration(metadata.getGeneration())
        .withCreationTimestamp(metadata.getCreationTimestamp())
        .build();
  }

  /** The entries of each Secret, by its name. */
  public Map<String, Map<String, String>> secretData() {
    var data = new TreeMap<String, Map<String, String>>();
    for (var secret : secrets) {
      if (secret.getData() != null) {
        data.put(secret.getMetadata().getName(), secret.getData());
      }
    }
    return data;
  }

  /** Secrets from their {@link #secretData}. */
  public static List<Secret> secrets(Map<String, Map<String, String>> data) {
    return data.entrySet().stream()
        .map(entry ->
            new SecretBuilder()
                .withNewMetadata()
                .withName(entry.getKey())
                .endMetadata()
                .withData(entry.getValue())
                .build())
        .toList();
  }

  @Override
  public String toString() {
    return "MeshObjects[" + network.getMetadata().getName() + "]";
  }
}
