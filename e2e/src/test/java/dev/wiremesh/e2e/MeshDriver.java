package dev.wiremesh.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.cluster.HostRequest;
import dev.wiremesh.lab.cluster.HostRequest.Implementation;
import dev.wiremesh.lab.cluster.HostRequest.Lan;
import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.cluster.OutsideHost;
import dev.wiremesh.testkit.host.Host;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/** The steps of the scenarios: actions on a lab, and checks of it. */
final class MeshDriver {
  static final String NETWORK = "home";
  static final String NAMESPACE = "default";

  /** Generous: it says that something happens, not how fast the machine is. */
  static final Duration SOON = Duration.ofMinutes(3);

  /** REKEY_AFTER_TIME of the protocol, less what whole seconds may hide. */
  private static final Duration REKEY_AFTER = Duration.ofSeconds(118);

  private final Lab lab;
  private final List<String> appliedPeers = new ArrayList<>();
  private final List<String> madeHosts = new ArrayList<>();

  private boolean routesGranted;

  MeshDriver(Lab lab) {
    this.lab = lab;
  }

  /** The smallest Peer there is, with more lines of its spec where given. */
  void applyPeer(String name, String... moreOfSpec) {
    applyPeerOf(NETWORK, name, moreOfSpec);
  }

  void applyPeerOf(String network, String name, String... moreOfSpec) {
    appliedPeers.add(name);
    lab.apply(
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: Peer
        metadata: {name: %s, namespace: %s}
        spec:
          networkRef: {name: %s}
        %s
        """
            .formatted(name, NAMESPACE, network, String.join("\n", moreOfSpec).indent(2)));
  }

  /** Lets Peers of the namespace bring routes inside the block, until {@link #cleanUp}. */
  void grantRoutes(String block) {
    patchPeerRoutes(
        """
        {"grants": [{"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "%s"}},
                     "allowed": ["%s"]}]}
        """
            .formatted(NAMESPACE, block));
    routesGranted = true;
  }

  private void patchPeerRoutes(String json) {
    lab.client()
        .resources(WireGuardNetwork.class)
        .withName(NETWORK)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\": {\"peerRoutes\": %s}}".formatted(json));
  }

  void deletePeer(String name) {
    lab.client().resources(Peer.class).inNamespace(NAMESPACE).withName(name).delete();
  }

  Peer peer(String name) {
    return lab.client().resources(Peer.class).inNamespace(NAMESPACE).withName(name).get();
  }

  /** The peer once it has an address. */
  Peer addressedPeer(String name) {
    await()
        .alias(name + " gets an address")
        .atMost(SOON)
        .until(() ->
            Optional.ofNullable(peer(name))
                .map(Peer::getStatus)
                .filter(status -> !status.addresses.isEmpty())
                .isPresent());
    return peer(name);
  }

  /** Ages are counted in whole seconds: what is made now is younger than this peer. */
  void awaitOlderThanASecond(String name) {
    var created = Instant.parse(peer(name).getMetadata().getCreationTimestamp());
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> Instant.now().isAfter(created.plusSeconds(1)));
  }

  Optional<Condition> condition(String peer, String type) {
    return Optional.ofNullable(peer(peer))
        .map(Peer::getStatus)
        .flatMap(status ->
            status.conditions.stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst());
  }

  /** Brings a host up with the configuration of the peer of its name, run by wireguard-go. */
  OutsideHost host(String name, boolean behindNat) {
    return host(name, Implementation.WIREGUARD_GO, behindNat, Optional.empty());
  }

  OutsideHost host(String name, Implementation with, boolean behindNat, Optional<Lan> lan) {
    madeHosts.add(name);
    return lab.addHost(new HostRequest(name, NAMESPACE + "/" + name, with, behindNat, lan));
  }

  /** Takes away what this scenario made: tests share their lab. */
  void cleanUp() {
    madeHosts.forEach(lab::removeHost);
    madeHosts.clear();
    appliedPeers.forEach(this::deletePeer);
    appliedPeers.clear();
    if (routesGranted) {
      patchPeerRoutes("null");
      routesGranted = false;
    }
  }

  void deleteNetwork(String name) {
    lab.client().resources(WireGuardNetwork.class).withName(name).delete();
  }

  /** Addresses of the nodes in the quickstart's network, by node. */
  Map<String, String> nodeAddresses() {
    return lab.client().resources(MeshNode.class).list().getItems().stream()
        .filter(node -> node.getSpec().networkRef.name.equals(NETWORK))
        .collect(
            Collectors.toMap(
                node -> node.getSpec().nodeName, node -> node.getSpec().addresses.getFirst()));
  }

  String addressOf(String node) {
    return requireNonNull(nodeAddresses().get(node), node);
  }

  void reaches(Host from, String address) {
    await()
        .alias(from.name() + " reaches " + address)
        .atMost(SOON)
        .until(() -> from.ping(address).succeeded());
  }

  void everyNodeAnd(OutsideHost host, String hostAddress) {
    nodeAddresses()
        .forEach((node, address) -> {
          reaches(host.machine(), address);
          reaches(lab.machine(node), hostAddress);
        });
  }

  /** When each session's last handshake was, by "node public-key". */
  Map<String, String> handshakes() {
    return lab.nodes().stream()
        .flatMap(node ->
            lab.machine(node)
                .exec("wg", "show", "all", "latest-handshakes")
                .lines()
                .map(line -> line.split("\t"))
                .map(fields -> Map.entry(node + " " + fields[1], fields[2])))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /**
   * The same, once they stand still: nodes that begin at the same moment may shake hands twice,
   * since their first initiations cross.
   */
  Map<String, String> settledHandshakes() {
    var last = new AtomicReference<>(handshakes());
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(500))
        .during(Duration.ofSeconds(8))
        .until(() -> {
          var now = handshakes();
          return last.getAndSet(now).equals(now);
        });
    return last.get();
  }

  /**
   * No handshake out of turn since then: the last handshake is the same, or the regular one of a
   * session that is two minutes old.
   */
  void noSessionWasDisturbedSince(Map<String, String> before) {
    var now = handshakes();
    assertThat(now).containsOnlyKeys(before.keySet());
    now.forEach((session, time) -> {
      long age = Long.parseLong(time) - Long.parseLong(before.get(session));
      assertThat(age == 0 || age >= REKEY_AFTER.toSeconds())
          .as("%s shook hands again after %d s", session, age)
          .isTrue();
    });
  }

  void meshIsComplete() {
    var report = lab.awaitComplete();
    assertThat(report.complete()).as(() -> report.pings().toString()).isTrue();
  }

  /** Public keys that a node's interfaces know. */
  List<String> keysOn(String node) {
    return lab.machine(node)
        .exec("wg", "show", "all", "peers")
        .lines()
        .map(line -> line.split("\t")[1])
        .toList();
  }
}
