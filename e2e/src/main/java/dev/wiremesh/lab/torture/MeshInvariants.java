package dev.wiremesh.lab.torture;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.LeaseNames;
import dev.wiremesh.api.contract.SecretKeys;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.keys.InvalidKeyException;
import dev.wiremesh.core.keys.PrivateKey;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rules that hold in every cluster once it is quiet: each peer and node has one address of a
 * family, one key and one Secret, no two have the same, every object has an up-to-date status, and
 * nothing is left of deleted objects.
 *
 * <p>A snapshot of the whole cluster, read by the constructor; then immutable.
 */
public final class MeshInvariants {
  private final String operatorNamespace;
  private final Map<String, WireGuardNetwork> networks;
  private final Map<String, Peer> peers;
  private final Map<String, MeshNode> meshNodes;
  private final List<Node> nodes;
  private final List<IPAllocation> allocations;
  private final List<Secret> secrets;
  private final List<Lease> claims;
  private final List<String> violations = new ArrayList<>();

  /**
   * Reads the cluster and checks it.
   *
   * @param operatorNamespace the namespace of the operator's Secrets
   */
  public MeshInvariants(KubernetesClient client, String operatorNamespace) {
    this.operatorNamespace = operatorNamespace;
    // Owners last: an object whose owner is deleted meanwhile is a leftover at worst for a moment.
    this.allocations = client.resources(IPAllocation.class).list().getItems();
    this.secrets = client.secrets().inAnyNamespace().list().getItems();
    this.claims =
        client.leases().inNamespace(operatorNamespace).withLabel(Labels.CLAIM).list().getItems();
    this.meshNodes = byName(client.resources(MeshNode.class).list().getItems());
    this.nodes = client.nodes().list().getItems();
    this.networks = byName(client.resources(WireGuardNetwork.class).list().getItems());
    this.peers = byName(client.resources(Peer.class).inAnyNamespace().list().getItems());
    networks.values().forEach(this::checkNetwork);
    checkDeviceParameters();
    peers.values().forEach(this::checkPeer);
    checkPublicKeys();
    meshNodes.values().forEach(this::checkMeshNode);
    allocations.forEach(this::checkAllocation);
    secrets.forEach(this::checkSecret);
  }

  /** The violated rules, each a sentence that names its object; empty if all hold. */
  public List<String> violations() {
    return List.copyOf(violations);
  }

  /** Address, public key and private key of each peer, by its name, where it has them. */
  public Map<String, String> identities() {
    var identities = new TreeMap<String, String>();
    peers.forEach((name, peer) -> {
      var status = peer.getStatus();
      var privateKey = secretOf(peer).flatMap(secret -> entry(secret, SecretKeys.PRIVATE_KEY));
      identities.put(
          name, status.addresses + " " + status.publicKey + " " + privateKey.orElse("no key"));
    });
    return identities;
  }

  /** The number of peers. */
  public int peers() {
    return peers.size();
  }

  private static <T extends HasMetadata> Map<String, T> byName(List<T> objects) {
    return objects.stream()
        .filter(object -> object.getMetadata().getDeletionTimestamp() == null)
        .collect(toMap(MeshInvariants::name, Function.identity(), (a, b) -> a, TreeMap::new));
  }

  private static String name(HasMetadata object) {
    var namespace = object.getMetadata().getNamespace();
    return (namespace == null ? "" : namespace + "/") + object.getMetadata().getName();
  }

  private void violation(HasMetadata object, String sentence) {
    violations.add(object.getKind() + " " + name(object) + " " + sentence);
  }

  private void checkNetwork(WireGuardNetwork network) {
    checkStatus(network, network.getStatus().observedGeneration, network.getStatus().conditions);
    var selector = network.getSpec().nodes == null ? null : network.getSpec().nodes.selector;
    if (!network.readProblems().isUnreadable() && isSimple(selector)) {
      var selected =
          nodes.stream()
              .filter(node -> node.getMetadata().getDeletionTimestamp() == null)
              .filter(node -> matches(selector, node))
              .map(node -> node.getMetadata().getName())
              .collect(toSet());
      var members =
          meshNodes.values().stream()
              .filter(node -> node.getSpec().networkRef.name.equals(name(network)))
              .map(node -> node.getSpec().nodeName)
              .collect(toSet());
      if (!selected.equals(members)) {
        violation(network, "selects the nodes " + selected + " and has MeshNodes for " + members);
      }
    }
  }

  private static boolean isSimple(@Nullable LabelSelector selector) {
    return selector == null
        || selector.getMatchExpressions() == null
        || selector.getMatchExpressions().isEmpty();
  }

  private static boolean matches(@Nullable LabelSelector selector, Node node) {
    if (selector == null) {
      return false;
    }
    var labels = Optional.ofNullable(node.getMetadata().getLabels()).orElse(Map.of());
    var wanted = Optional.ofNullable(selector.getMatchLabels()).orElse(Map.of());
    return labels.entrySet().containsAll(wanted.entrySet());
  }

  private void checkStatus(
      HasMetadata object, @Nullable Long observedGeneration, List<Condition> conditions) {
    var generation = object.getMetadata().getGeneration();
    if (!Objects.equals(observedGeneration, generation)) {
      violation(
          object,
          "has generation %d, and its status is of generation %s"
              .formatted(generation, observedGeneration));
    }
    if (Conditions.find(conditions, ConditionType.ACCEPTED).isEmpty()) {
      violation(object, "has no condition Accepted");
    }
    if (Conditions.find(conditions, ConditionType.READY).isEmpty()) {
      violation(object, "has no condition Ready");
    }
    conditions.stream()
        .filter(condition -> !Conditions.isOf(condition, ConditionType.CONNECTED))
        .filter(condition -> !Objects.equals(condition.getObservedGeneration(), generation))
        .forEach(condition ->
            violation(object, "has an old condition " + condition.getType() + " " + condition));
  }

  /** Each network has claimed its port, interface name, table and priority, and nothing else. */
  private void checkDeviceParameters() {
    for (var network : networks.values()) {
      var effective = network.getStatus().effective;
      if (effective == null) {
        continue;
      }
      var values = new TreeMap<String, @Nullable Object>();
      values.put("port", effective.listenPort);
      values.put("interface", effective.interfaceName);
      values.put("table", effective.routingTable);
      values.put("rule", effective.rulePriority);
      var wanted =
          values.entrySet().stream()
              .map(value -> LeaseNames.claim(value.getKey(), String.valueOf(value.getValue())))
              .collect(toSet());
      var claimed =
          claims.stream()
              .filter(claim -> name(network).equals(claim.getSpec().getHolderIdentity()))
              .map(claim -> claim.getMetadata().getName())
              .collect(toSet());
      if (!wanted.equals(claimed)) {
        violation(network, "has %s, and the claims %s".formatted(values, new TreeSet<>(claimed)));
      }
    }
  }

  private void checkPeer(Peer peer) {
    var status = peer.getStatus();
    checkStatus(peer, status.observedGeneration, status.conditions);
    checkAddresses(peer, status.addresses);
    var allocated = Conditions.find(status.conditions, ConditionType.ADDRESS_ALLOCATED);
    if (allocated.isPresent()
        && Conditions.has(allocated.get(), ConditionStatus.TRUE)
        && status.addresses.isEmpty()) {
      violation(peer, "has no address, and the condition AddressAllocated is True");
    }
    if (status.configSecret != null) {
      checkSecretOf(peer, status.configSecret);
    }
    if (Conditions.isTrue(status.conditions, ConditionType.CONFIG_PUBLISHED)) {
      checkConfiguration(peer);
    }
  }

  /** The bound allocations of an owner are its addresses, at most one of a family. */
  private void checkAddresses(HasMetadata owner, List<String> addresses) {
    var uid = owner.getMetadata().getUid();
    var bound =
        allocations.stream()
            .filter(allocation -> allocation.getStatus().releasedAt == null)
            .filter(allocation -> allocation.getSpec().owner.uid.equals(uid))
            .map(allocation -> allocation.getSpec().address)
            .collect(toSet());
    if (!bound.equals(Set.copyOf(addresses))) {
      violation(
          owner,
          "has the addresses %s, and the IPAllocations %s"
              .formatted(new TreeSet<>(addresses), new TreeSet<>(bound)));
    }
    var ofFamily = bound.stream().collect(groupingBy(address -> address.contains(":")));
    if (ofFamily.values().stream().anyMatch(family -> family.size() > 1)) {
      violation(owner, "has two addresses of a family: " + new TreeSet<>(bound));
    }
  }

  private Optional<Secret> secretOf(Peer peer) {
    return secret(
        peer.getMetadata().getNamespace(), SecretNames.peer(peer.getMetadata().getName()));
  }

  private Optional<Secret> secret(String namespace, String name) {
    return secrets.stream()
        .filter(secret -> secret.getMetadata().getNamespace().equals(namespace))
        .filter(secret -> secret.getMetadata().getName().equals(name))
        .findFirst();
  }

  private void checkSecretOf(Peer peer, String name) {
    var secret = secret(peer.getMetadata().getNamespace(), name);
    if (secret.isEmpty()) {
      violation(peer, "names a Secret " + name + " that does not exist");
      return;
    }
    if (!isOwnedBy(secret.get(), peer)) {
      violation(peer, "names a Secret " + name + " that another object owns");
    }
    var publicKey = entry(secret.get(), SecretKeys.PUBLIC_KEY);
    if (publicKey.isPresent() && !publicKey.get().equals(peer.getStatus().publicKey)) {
      violation(peer, "has another public key in its status than in its Secret");
    }
    var derived = entry(secret.get(), SecretKeys.PRIVATE_KEY).map(MeshInvariants::publicHalf);
    if (derived.isPresent() && !derived.get().equals(peer.getStatus().publicKey)) {
      violation(peer, "has a public key that does not belong to its private key");
    }
  }

  private void checkConfiguration(Peer peer) {
    var text = secretOf(peer).flatMap(secret -> entry(secret, SecretKeys.WG_QUICK_CONF)).orElse("");
    var lines = text.lines().filter(line -> line.startsWith("Address = ")).toList();
    var inSecret =
        lines.stream()
            .flatMap(line -> Stream.of(line.substring("Address = ".length()).split(", ")))
            .map(address -> address.substring(0, address.indexOf('/')))
            .collect(toSet());
    if (!inSecret.equals(Set.copyOf(peer.getStatus().addresses))) {
      violation(
          peer,
          "has the addresses %s, and its configuration has %s"
              .formatted(peer.getStatus().addresses, lines));
    }
  }

  /** No two accepted peers and nodes of a network have the same key. */
  private void checkPublicKeys() {
    var owners = new HashMap<String, String>();
    for (var peer : peers.values()) {
      var status = peer.getStatus();
      if (status.publicKey != null
          && Conditions.isTrue(status.conditions, ConditionType.ACCEPTED)) {
        var other = owners.put(peer.getSpec().networkRef.name + status.publicKey, name(peer));
        if (other != null) {
          violation(peer, "is accepted with the public key of " + other);
        }
      }
    }
  }

  private void checkMeshNode(MeshNode meshNode) {
    var spec = meshNode.getSpec();
    var node =
        nodes.stream()
            .filter(it -> it.getMetadata().getName().equals(spec.nodeName))
            .filter(it -> isOwnedBy(meshNode, it))
            .findFirst();
    if (node.isEmpty()) {
      violation(meshNode, "is left of a deleted Node");
    }
    if (!networks.containsKey(spec.networkRef.name)) {
      violation(meshNode, "is left of a deleted network");
    }
    checkAddresses(meshNode, spec.addresses);
    var network = networks.get(spec.networkRef.name);
    if (spec.addresses.isEmpty()
        && network != null
        && Conditions.isTrue(network.getStatus().conditions, ConditionType.ADDRESSES_AVAILABLE)) {
      violation(meshNode, "has no address");
    }
    if (spec.keySecret == null || secret(operatorNamespace, spec.keySecret).isEmpty()) {
      violation(meshNode, "has no Secret with its key");
    }
  }

  private void checkAllocation(IPAllocation allocation) {
    var owner = allocation.getSpec().owner;
    if (allocation.getStatus().releasedAt != null) {
      return;
    }
    HasMetadata object =
        switch (owner.kind) {
          case IPAllocationSpec.OwnerKind.PEER -> peers.get(owner.namespace + "/" + owner.name);
          case IPAllocationSpec.OwnerKind.MESH_NODE -> meshNodes.get(owner.name);
        };
    if (object == null || !object.getMetadata().getUid().equals(owner.uid)) {
      violation(allocation, "is bound to %s, which does not exist".formatted(owner.name));
    }
  }

  /** A Secret that belongs to a peer or a node has a living owner. */
  private void checkSecret(Secret secret) {
    if (SecretNames.PEER_TYPE.equals(secret.getType())) {
      requireLivingOwner(secret, peers.values());
    } else if (secret.getMetadata().getNamespace().equals(operatorNamespace)
        && !secret.getMetadata().getOwnerReferences().isEmpty()) {
      requireLivingOwner(secret, meshNodes.values());
    }
  }

  private void requireLivingOwner(Secret secret, Collection<? extends HasMetadata> owners) {
    if (owners.stream().noneMatch(owner -> isOwnedBy(secret, owner))) {
      var metadata = secret.getMetadata();
      var named =
          metadata.getOwnerReferences().stream()
              .map(owner -> owner.getName() + " " + owner.getUid())
              .toList();
      violation(
          secret,
          "of %s is left of a deleted object, with owners %s"
              .formatted(metadata.getCreationTimestamp(), named));
    }
  }

  private static boolean isOwnedBy(HasMetadata object, HasMetadata owner) {
    return object.getMetadata().getOwnerReferences().stream()
        .anyMatch(reference -> reference.getUid().equals(owner.getMetadata().getUid()));
  }

  private static Optional<String> entry(Secret secret, String key) {
    return Optional.ofNullable(secret.getData())
        .map(data -> data.get(key))
        .map(text -> new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8));
  }

  private static String publicHalf(String privateKey) {
    try {
      return PrivateKey.parse(privateKey.strip()).publicKey().toString();
    } catch (InvalidKeyException e) {
      return "none";
    }
  }
}
