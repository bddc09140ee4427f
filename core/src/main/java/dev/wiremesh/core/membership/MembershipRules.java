package dev.wiremesh.core.membership;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.membership.Finding.Cause;
import dev.wiremesh.core.membership.Finding.Subject;
import dev.wiremesh.core.membership.Membership.Obstacle;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which nodes and peers take part in the mesh, in one pass from the oldest object to the
 * youngest. Nodes come before peers, so that a Peer never takes a node's key or address. Used once,
 * by one thread.
 */
public final class MembershipRules {
  private final MeshView view;
  private final Map<String, NodeView> nodesByName;

  private final Map<PublicKey, String> keyHolders = new HashMap<>();
  private final Map<IpAddress, String> addressHolders = new HashMap<>();

  private final List<NodeView> nodes = new ArrayList<>();
  private final List<PeerView> peers = new ArrayList<>();
  private final Map<PeerName, Obstacle> obstacles = new HashMap<>();
  private final List<Finding> findings = new ArrayList<>();

  MembershipRules(MeshView view) {
    this.view = view;
    this.nodesByName =
        view.nodes().stream()
            .collect(Collectors.toMap(NodeView::name, Function.identity(), (one, same) -> one));
  }

  Membership decide() {
    var gatewayKey = view.network().gateways().publicKey();
    if (gatewayKey != null) {
      keyHolders.put(gatewayKey, "the gateways of network " + view.network().name());
    }
    view.nodes().stream().sorted(comparing(NodeView::creationOrder)).forEach(this::admit);
    view.peers().stream().sorted(comparing(PeerView::creationOrder)).forEach(this::admit);
    nodes.sort(comparing(NodeView::name));
    peers.sort(comparing(PeerView::name));
    findings.sort(null);
    return new Membership(view, nodes, peers, obstacles, findings);
  }

  private void admit(NodeView node) {
    var obstacle = obstacle(node);
    if (obstacle == null) {
      nodes.add(node);
    } else {
      findings.add(new Finding(Subject.of(node), obstacle.cause(), obstacle.message()));
    }
  }

  private @Nullable Obstacle obstacle(NodeView node) {
    var self = "node " + node.name();
    var duplicateAddress = claimAddresses(node.addresses(), self);
    var key = node.publicKey();
    if (key == null) {
      return new Obstacle(
          Cause.KEY_NOT_READY,
          "Node " + node.name() + " has no public key yet: its agent has not reported one.");
    }
    var duplicateKey = claimKey(key, self);
    if (duplicateKey != null) {
      return duplicateKey;
    }
    if (duplicateAddress != null) {
      return duplicateAddress;
    }
    if (node.addresses().isEmpty()) {
      return new Obstacle(
          Cause.NO_ADDRESS, "Node " + node.name() + " has no address in the mesh yet.");
    }
    return null;
  }

  private void admit(PeerView peer) {
    var obstacle = obstacle(peer);
    if (obstacle == null) {
      peers.add(peer);
    } else {
      obstacles.put(peer.name(), obstacle);
      findings.add(new Finding(Subject.of(peer), obstacle.cause(), obstacle.message()));
    }
  }

  private @Nullable Obstacle obstacle(PeerView peer) {
    var self = "peer " + peer.name();
    var duplicateAddress = claimAddresses(peer.addresses(), self);
    var key = peer.publicKey();
    var duplicateKey = key == null ? null : claimKey(key, self);
    if (peer.suspended()) {
      // Addresses and key stay claimed, so that no other peer takes them; the routes are free.
      return new Obstacle(Cause.SUSPENDED, "Peer " + peer.name() + " is suspended.");
    }
    if (key == null) {
      return new Obstacle(Cause.KEY_NOT_READY, "Peer " + peer.name() + " has no public key yet.");
    }
    if (duplicateKey != null) {
      return duplicateKey;
    }
    if (duplicateAddress != null) {
      return duplicateAddress;
    }
    if (peer.addresses().isEmpty()) {
      return new Obstacle(
          Cause.NO_ADDRESS, "Peer " + peer.name() + " has no address in the mesh yet.");
    }
    return gatewayObstacle(peer);
  }

  private @Nullable Obstacle gatewayObstacle(PeerView peer) {
    if (view.network().gateways().publicKey() == null) {
      return new Obstacle(
          Cause.NO_GATEWAY,
          "The gateways of network " + view.network().name() + " have no identity yet.");
    }
    var home = peer.session().homeGateway();
    if (home == null) {
      return new Obstacle(Cause.NO_GATEWAY, "Peer " + peer.name() + " has no home gateway yet.");
    }
    var gateway = nodesByName.get(home);
    if (gateway == null || !gateway.gateway()) {
      return new Obstacle(
          Cause.NO_GATEWAY,
          "The home gateway of peer " + peer.name() + ", node " + home + ", is no gateway now.");
    }
    return null;
  }

  private @Nullable Obstacle claimKey(PublicKey key, String claimant) {
    var holder = keyHolders.putIfAbsent(key, claimant);
    return holder == null
        ? null
        : new Obstacle(
            Cause.DUPLICATE_PUBLIC_KEY,
            "The public key " + key + " already belongs to " + holder + ": create another one.");
  }

  private @Nullable Obstacle claimAddresses(List<IpAddress> addresses, String claimant) {
    Obstacle obstacle = null;
    for (var address : addresses) {
      var holder = addressHolders.putIfAbsent(address, claimant);
      if (holder != null && !holder.equals(claimant)) {
        obstacle =
            new Obstacle(
                Cause.DUPLICATE_ADDRESS,
                "The address " + address + " already belongs to " + holder + ".");
      }
    }
    return obstacle;
  }
}
