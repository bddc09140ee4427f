package dev.wiremesh.operator.network;

import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device parameters of all networks. Each network's stand in its gateway Secret; those that
 * this process allocated are also in memory, since the watch lags behind the write. Thread-safe:
 * one network is served at a time.
 */
final class DeviceAllocations {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceAllocations.class);

  private static final Comparator<WireGuardNetwork> BY_AGE =
      Comparator.<WireGuardNetwork, String>comparing(
              network -> network.getMetadata().getCreationTimestamp())
          .thenComparing(network -> network.getMetadata().getUid());

  private final ClusterCache state;
  private final OperatorSecrets secrets;
  private final ReentrantLock lock = new ReentrantLock();

  /** By network. Written under the lock, and by the watch when a network is gone. */
  private final Map<String, DeviceAllocation> allocated = new ConcurrentHashMap<>();

  DeviceAllocations(ClusterCache state, OperatorSecrets secrets) {
    this.state = state;
    this.secrets = secrets;
    state
        .networks()
        .listen((before, after) -> {
          if (before != null && after == null) {
            allocated.remove(before.getMetadata().getName());
          }
        });
  }

  /** Allocates the missing parameters, and stores the result in the gateway Secret. */
  DeviceAllocator.Result allocate(WireGuardNetwork network, Secret gatewaySecret) {
    var name = network.getMetadata().getName();
    var stored = DeviceAllocation.from(gatewaySecret).orElse(null);
    lock.lock();
    try {
      var before = stored == null ? allocated.get(name) : stored;
      var result = DeviceAllocator.allocate(name, network.getSpec(), before, others(network));
      var allocation = result.allocation();
      if (allocation == null) {
        allocated.remove(name);
        return result;
      }
      if (!allocation.equals(stored)) {
        secrets.addEntries(SecretNames.gateway(name), allocation.texts());
      }
      allocated.put(name, allocation);
      if (before != null && !allocation.equals(before)) {
        LOG.atInfo()
            .addKeyValue("network", name)
            .addKeyValue("before", before)
            .addKeyValue("now", allocation)
            .log("Device parameters of a network changed");
      }
      return result;
    } finally {
      lock.unlock();
    }
  }

  private DeviceAllocator.Others others(WireGuardNetwork network) {
    var others = new DeviceAllocator.Others(new HashMap<>(), new HashMap<>(), new HashMap<>());
    stored().forEach((name, allocation) -> byAge(others, network, name).put(name, allocation));
    allocated.forEach((name, allocation) -> {
      // Absent from the watch although it is allocated: just created.
      boolean isWatched = state.networks().get(name).isPresent();
      (isWatched ? byAge(others, network, name) : others.older()).put(name, allocation);
    });
    var own = network.getMetadata().getName();
    others.older().remove(own);
    others.younger().remove(own);
    others.released().remove(own);
    return others;
  }

  /** The allocations in all gateway Secrets, by the name of the network. */
  private Map<String, DeviceAllocation> stored() {
    var stored = new HashMap<String, DeviceAllocation>();
    for (var secret : state.secrets().all()) {
      var labels = secret.getMetadata().getLabels();
      var network = labels == null ? null : labels.get(Labels.NETWORK);
      if (network != null && secret.getMetadata().getName().equals(SecretNames.gateway(network))) {
        DeviceAllocation.from(secret).ifPresent(allocation -> stored.put(network, allocation));
      }
    }
    return stored;
  }

  private Map<String, DeviceAllocation> byAge(
      DeviceAllocator.Others others, WireGuardNetwork network, String name) {
    var other = state.networks().get(name);
    if (other.isEmpty()) {
      return others.released();
    }
    return BY_AGE.compare(other.get(), network) <= 0 ? others.older() : others.younger();
  }
}
