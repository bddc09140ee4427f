package dev.wiremesh.operator.ipam;

import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.core.ipam.AddressLease;
import dev.wiremesh.core.ipam.Owner;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.state.ClusterCache;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The IPAllocations of all networks, by address: from the watch, and from the answers to this
 * process's own writes, which the watch reports later. A network's lock is held while its addresses
 * are changed.
 */
public final class Allocations {
  private final Map<String, OfNetwork> networks = new ConcurrentHashMap<>();

  public Allocations(ClusterCache state) {
    state.allocations().listen(this::changed);
  }

  /** The IPAllocations of one network. */
  static final class OfNetwork {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<IpAddress, IPAllocation> objects = new ConcurrentHashMap<>();

    ReentrantLock lock() {
      return lock;
    }

    Map<IpAddress, AddressLease> holdings() {
      var holdings = new HashMap<IpAddress, AddressLease>();
      objects.forEach((address, object) -> holdings.put(address, holding(object)));
      return holdings;
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

    void forget(IpAddress address) {
      objects.remove(address);
    }
  }

  OfNetwork of(String network) {
    return networks.computeIfAbsent(network, name -> new OfNetwork());
  }

  /** The leases of a network's addresses. */
  public Map<IpAddress, AddressLease> holdings(String network) {
    return of(network).holdings();
  }

  static Owner owner(IPAllocationSpec.Owner owner) {
    return new Owner(
        switch (owner.kind) {
          case PEER -> "Peer";
          case MESH_NODE -> "MeshNode";
        },
        owner.namespace == null ? "" : owner.namespace,
        owner.name);
  }

  static AddressLease holding(IPAllocation object) {
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

  private void changed(@Nullable IPAllocation before, @Nullable IPAllocation after) {
    if (after != null) {
      address(after).ifPresent(address -> of(after.getSpec().network).remember(address, after));
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

  private static Optional<IpAddress> address(IPAllocation object) {
    return LenientParsing.read(object.getSpec().address, IpAddress::parse);
  }
}
