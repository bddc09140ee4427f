package dev.wiremesh.operator.ipam;

import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec.OwnerKind;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.core.ipam.AddressLease;
import dev.wiremesh.core.ipam.Owner;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.operator.kube.ResourceVersions;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.state.ClusterCache;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The IPAllocations of all networks, by address: from the watch, and from the answers to this
 * process's own writes, which the watch reports later. A network's lock is held while its addresses
 * are changed.
 *
 * <p>An address without an IPAllocation still belongs to the Peer or MeshNode that uses it: if an
 * IPAllocation was deleted, also while no operator ran, its owner gets the address back, and no
 * other object can have it meanwhile.
 */
public final class Allocations {
  private final ClusterCache state;
  private final Map<String, OfNetwork> networks = new ConcurrentHashMap<>();

  public Allocations(ClusterCache state) {
    this.state = state;
    state.allocations().listen(this::allocationChanged);
    state
        .peers()
        .listen((before, after) ->
            usersChanged(
                before == null ? null : AddressUser.of(before),
                after == null ? null : AddressUser.of(after)));
    state
        .meshNodes()
        .listen((before, after) ->
            usersChanged(
                before == null ? null : AddressUser.of(before),
                after == null ? null : AddressUser.of(after)));
  }

  /**
   * Reads the caches, which are filled before their listeners are called for every object. To be
   * called before the first address is chosen.
   */
  public void load() {
    state.allocations().all().forEach(object -> allocationChanged(null, object));
    state.peers().all().forEach(peer -> usersChanged(null, AddressUser.of(peer)));
    state.meshNodes().all().forEach(node -> usersChanged(null, AddressUser.of(node)));
  }

  /** The addresses that a Peer's status or a MeshNode's spec has. */
  private record AddressUser(String network, Owner owner, List<IpAddress> addresses) {
    static AddressUser of(Peer peer) {
      return new AddressUser(
          peer.getSpec().networkRef.name,
          new Owner(
              kind(OwnerKind.PEER),
              peer.getMetadata().getNamespace(),
              peer.getMetadata().getName()),
          LenientParsing.readAll(peer.getStatus().addresses, IpAddress::parse));
    }

    static AddressUser of(MeshNode node) {
      return new AddressUser(
          node.getSpec().networkRef.name,
          new Owner(kind(OwnerKind.MESH_NODE), "", node.getMetadata().getName()),
          LenientParsing.readAll(node.getSpec().addresses, IpAddress::parse));
    }
  }

  /** The addresses of one network. */
  static final class OfNetwork {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<IpAddress, IPAllocation> objects = new ConcurrentHashMap<>();

    /** The owners that use an address, whether or not it has an IPAllocation. */
    private final Map<IpAddress, Owner> users = new ConcurrentHashMap<>();

    private record InFamily(Owner owner, Family family) {}

    ReentrantLock lock() {
      return lock;
    }

    /**
     * The leases by IPAllocation, and those of addresses in use whose IPAllocation was deleted or
     * released by hand.
     */
    Map<IpAddress, AddressLease> leases() {
      var leases = new HashMap<IpAddress, AddressLease>();
      var served = new HashSet<InFamily>();
      objects.forEach((address, object) -> {
        var lease = lease(object);
        leases.put(address, lease);
        if (lease.isBound()) {
          served.add(new InFamily(lease.owner(), address.family()));
        }
      });
      users.forEach((address, owner) -> {
        // An owner that has another address by now only has an old status.
        if (!served.contains(new InFamily(owner, address.family()))) {
          leases.compute(
              address,
              (same, lease) ->
                  lease == null || lease.owner().equals(owner) ? AddressLease.bound(owner) : lease);
        }
      });
      return leases;
    }

    @Nullable IPAllocation object(IpAddress address) {
      return objects.get(address);
    }

    Map<IpAddress, IPAllocation> objects() {
      return Map.copyOf(objects);
    }

    void remember(IpAddress address, IPAllocation object) {
      objects.put(address, object);
    }

    /** Remembers what the watch reports, unless this process has replaced that version already. */
    void reported(IpAddress address, IPAllocation object) {
      objects.merge(
          address,
          object,
          (known, seen) -> ResourceVersions.of(seen) < ResourceVersions.of(known) ? known : seen);
    }

    void forget(IpAddress address) {
      objects.remove(address);
    }
  }

  OfNetwork of(String network) {
    return networks.computeIfAbsent(network, name -> new OfNetwork());
  }

  /** The leases of a network's addresses. */
  public Map<IpAddress, AddressLease> leases(String network) {
    return of(network).leases();
  }

  static Owner owner(IPAllocationSpec.Owner owner) {
    return new Owner(kind(owner.kind), owner.namespace == null ? "" : owner.namespace, owner.name);
  }

  private static String kind(OwnerKind kind) {
    return switch (kind) {
      case PEER -> "Peer";
      case MESH_NODE -> "MeshNode";
    };
  }

  static AddressLease lease(IPAllocation object) {
    var released = object.getStatus().releasedAt;
    return new AddressLease(
        owner(object.getSpec().owner), released == null ? null : instant(released));
  }

  /** A time that only the operator writes; what is none is long ago. */
  static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      return Instant.EPOCH;
    }
  }

  private void allocationChanged(@Nullable IPAllocation before, @Nullable IPAllocation after) {
    if (after != null) {
      address(after).ifPresent(address -> of(after.getSpec().network).reported(address, after));
    } else if (before != null) {
      address(before)
          .ifPresent(address -> {
            var network = of(before.getSpec().network);
            var known = network.object(address);
            // Not an object that was created anew meanwhile.
            if (known != null
                && known.getMetadata().getUid().equals(before.getMetadata().getUid())) {
              network.forget(address);
            }
          });
    }
  }

  private void usersChanged(@Nullable AddressUser before, @Nullable AddressUser after) {
    if (before != null) {
      before.addresses().stream()
          .filter(address -> after == null || !after.addresses().contains(address))
          .forEach(address -> of(before.network()).users.remove(address, before.owner()));
    }
    if (after != null) {
      after
          .addresses()
          .forEach(address -> of(after.network()).users.putIfAbsent(address, after.owner()));
    }
  }

  private static Optional<IpAddress> address(IPAllocation object) {
    return LenientParsing.read(object.getSpec().address, IpAddress::parse);
  }
}
