package dev.wiremesh.operator.ipam;

import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.core.ipam.AddressChoice.Chosen;
import dev.wiremesh.core.ipam.AddressLease;
import dev.wiremesh.core.ipam.AddressPools;
import dev.wiremesh.core.ipam.Owner;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.kube.Patches;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Allocates addresses to nodes and peers by the rules of {@link AddressPools}. Creating the
 * IPAllocation takes the address, so that neither a crash nor a second leader allocates one twice.
 */
public final class AddressAllocator {
  private static final Logger LOG = LoggerFactory.getLogger(AddressAllocator.class);
  private static final int ATTEMPTS = 16;

  private final KubernetesClient client;
  private final Allocations allocations;
  private final Clock clock;

  public AddressAllocator(KubernetesClient client, Allocations allocations, Clock clock) {
    this.client = client;
    this.allocations = allocations;
    this.clock = clock;
  }

  /**
   * Ensures that the owner has one address of each family that the pools have: the requested one,
   * else its current one, else its former one, else a free one. If a family cannot be served, the
   * owner keeps its address of that family.
   */
  public OwnerAddresses ensure(
      String network, AddressPools pools, IPAllocationSpec.Owner owner, AddressRequest request) {
    var held = allocations.of(network);
    var ownerName = Allocations.owner(owner);
    held.lock().lock();
    try {
      var bound = new ArrayList<IpAddress>();
      var problems = new ArrayList<AddressChoice>();
      for (var family : Family.values()) {
        var named = request.addresses().stream().filter(it -> it.family() == family).findFirst();
        boolean pooled = pools.pools().stream().anyMatch(pool -> pool.cidr().family() == family);
        if (named.isPresent() || pooled) {
          Choice choice =
              (leases, now) ->
                  named
                      .map(address ->
                          pools.request(address, request.grantedReserved(), ownerName, leases, now))
                      .orElseGet(() -> pools.choose(family, ownerName, leases, now));
          switch (bind(network, held, owner, choice)) {
            case Chosen chosen -> bound.add(chosen.address());
            case AddressChoice problem -> problems.add(problem);
          }
        }
      }
      return settle(held, ownerName, bound, problems);
    } finally {
      held.lock().unlock();
    }
  }

  /**
   * Binds the addresses that an owner has, without a choice: its network may be gone. One whose
   * IPAllocation was deleted or released is bound again.
   *
   * @return those of the addresses that are the owner's; another one has the others
   */
  public List<IpAddress> hold(
      String network, IPAllocationSpec.Owner owner, List<IpAddress> addresses) {
    var held = allocations.of(network);
    held.lock().lock();
    try {
      return addresses.stream().filter(address -> hold(network, held, owner, address)).toList();
    } finally {
      held.lock().unlock();
    }
  }

  private boolean hold(
      String network, Allocations.OfNetwork held, IPAllocationSpec.Owner owner, IpAddress address) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      var known = held.object(address);
      if (known != null
          && !Allocations.owner(known.getSpec().owner).equals(Allocations.owner(owner))) {
        return false;
      }
      if (take(network, held, owner, address)) {
        return true;
      }
    }
    throw new IllegalStateException(
        "the address %s of network %s could not be bound in %d attempts"
            .formatted(address, network, ATTEMPTS));
  }

  /** The uids of the owners that have an address of the network. */
  public Set<String> boundOwners(String network) {
    return allocations.of(network).objects().values().stream()
        .filter(object -> object.getStatus().releasedAt == null)
        .map(object -> object.getSpec().owner.uid)
        .collect(Collectors.toSet());
  }

  /** The rule by which an address is chosen, given the leases of the moment. */
  private interface Choice {
    AddressChoice of(Map<IpAddress, AddressLease> leases, Instant now);
  }

  private AddressChoice bind(
      String network, Allocations.OfNetwork held, IPAllocationSpec.Owner owner, Choice rule) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      var choice = rule.of(held.leases(), clock.instant());
      if (!(choice instanceof Chosen(var address)) || take(network, held, owner, address)) {
        return choice;
      }
    }
    throw new IllegalStateException(
        "no address of network " + network + " could be taken in " + ATTEMPTS + " attempts");
  }

  /** Returns false if the address was taken meanwhile; the holder is then remembered. */
  private boolean take(
      String network, Allocations.OfNetwork held, IPAllocationSpec.Owner owner, IpAddress address) {
    var known = held.object(address);
    try {
      if (known == null) {
        held.remember(address, client.resource(fresh(network, address, owner)).create());
        LOG.atInfo()
            .addKeyValue("network", network)
            .addKeyValue("address", address)
            .addKeyValue("owner", Allocations.owner(owner))
            .log("Address allocated");
      } else if (!known.getSpec().owner.uid.equals(owner.uid)
          || known.getStatus().releasedAt != null) {
        held.remember(address, rebind(known, owner));
      }
      return true;
    } catch (KubernetesClientException e) {
      if (!ApiErrors.isConflict(e) && !ApiErrors.isNotFound(e)) {
        throw e;
      }
      refresh(network, held, address);
      return false;
    }
  }

  private static IPAllocation fresh(
      String network, IpAddress address, IPAllocationSpec.Owner owner) {
    var object = new IPAllocation();
    object.setMetadata(
        new ObjectMetaBuilder().withName(AllocationName.of(network, address)).build());
    object.getSpec().network = network;
    object.getSpec().address = address.toString();
    object.getSpec().owner = owner;
    return object;
  }

  /**
   * Writes the owner, then the status: in between, the address is quarantined for its new owner.
   */
  private IPAllocation rebind(IPAllocation known, IPAllocationSpec.Owner owner) {
    var serialization = client.getKubernetesSerialization();
    var patched =
        client
            .resource(known)
            .patch(
                Patches.merge(),
                """
                {"metadata":%s,"spec":{"owner":%s}}\
                """
                    .formatted(asSeen(known), ownerJson(owner, serialization)));
    return patched.getStatus().releasedAt == null ? patched : writeReleasedAt(patched, "null");
  }

  /** Writes the status, unless the object has changed or was made anew: that is a conflict. */
  private IPAllocation writeReleasedAt(IPAllocation known, String json) {
    return client
        .resource(known)
        .subresource("status")
        .patch(
            Patches.merge(),
            """
            {"metadata":%s,"status":{"releasedAt":%s}}\
            """
                .formatted(asSeen(known), json));
  }

  private static String asSeen(IPAllocation known) {
    var metadata = known.getMetadata();
    return """
    {"uid":"%s","resourceVersion":"%s"}\
    """
        .formatted(metadata.getUid(), metadata.getResourceVersion());
  }

  private static String ownerJson(
      IPAllocationSpec.Owner owner, KubernetesSerialization serialization) {
    var json = serialization.asJson(owner);
    // A MeshNode has no namespace; a merge without null would keep that of a former owner.
    return owner.namespace == null ? "{\"namespace\":null," + json.substring(1) : json;
  }

  private void refresh(String network, Allocations.OfNetwork held, IpAddress address) {
    var there =
        client.resources(IPAllocation.class).withName(AllocationName.of(network, address)).get();
    if (there == null) {
      held.forget(address);
    } else {
      held.remember(address, there);
    }
  }

  private OwnerAddresses settle(
      Allocations.OfNetwork held,
      Owner ownerName,
      List<IpAddress> bound,
      List<AddressChoice> problems) {
    var addresses = new ArrayList<>(bound);
    for (var entry : held.objects().entrySet()) {
      var address = entry.getKey();
      if (!isBoundTo(entry.getValue(), ownerName) || bound.contains(address)) {
        continue;
      }
      boolean familyServed = bound.stream().anyMatch(other -> other.family() == address.family());
      if (familyServed) {
        release(held, address, entry.getValue());
      } else {
        addresses.add(address);
      }
    }
    addresses.sort(null);
    return new OwnerAddresses(List.copyOf(addresses), List.copyOf(problems));
  }

  /**
   * Puts an address into quarantine. Returns false if the object has changed since it was seen: a
   * stale view releases no address that was just bound; the object as it is now is then remembered.
   */
  boolean release(Allocations.OfNetwork held, IpAddress address, IPAllocation object) {
    var network = object.getSpec().network;
    var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    try {
      held.remember(address, writeReleasedAt(object, '"' + now.toString() + '"'));
    } catch (KubernetesClientException e) {
      if (!ApiErrors.isConflict(e) && !ApiErrors.isNotFound(e)) {
        throw e;
      }
      refresh(network, held, address);
      return false;
    }
    LOG.atInfo()
        .addKeyValue("network", network)
        .addKeyValue("address", address)
        .addKeyValue("owner", Allocations.owner(object.getSpec().owner))
        .log("Address released");
    return true;
  }

  private static boolean isBoundTo(IPAllocation object, Owner owner) {
    return object.getStatus().releasedAt == null
        && Allocations.owner(object.getSpec().owner).equals(owner);
  }
}
