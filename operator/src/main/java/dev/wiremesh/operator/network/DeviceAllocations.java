package dev.wiremesh.operator.network;

import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The device parameters of all networks. Each network's stand in its gateway Secret; those that
 * this process allocated are also in memory, since the watch lags behind the write. Thread-safe:
 * one network is served at a time.
 */
final class DeviceAllocations {
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
    var before = DeviceAllocation.from(gatewaySecret).orElse(null);
    lock.lock();
    try {
      var result = DeviceAllocator.allocate(name, network.getSpec(), before, others(name));
      var allocation = result.allocation();
      if (allocation != null) {
        if (!allocation.equals(before)) {
          secrets.addEntries(SecretNames.gateway(name), allocation.texts());
        }
        allocated.put(name, allocation);
      }
      return result;
    } finally {
      lock.unlock();
    }
  }

  private Map<String, DeviceAllocation> others(String name) {
    var others = new HashMap<String, DeviceAllocation>();
    for (var network : state.networks().all()) {
      var other = network.getMetadata().getName();
      state.secrets().all().stream()
          .filter(secret -> secret.getMetadata().getName().equals(SecretNames.gateway(other)))
          .findFirst()
          .flatMap(DeviceAllocation::from)
          .ifPresent(allocation -> others.put(other, allocation));
    }
    others.putAll(allocated);
    others.remove(name);
    return others;
  }
}
