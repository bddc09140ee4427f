package dev.wiremesh.operator.network;

import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.network.DeviceAllocator.ClaimHolder;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device parameters of all networks. Each network's stand in its gateway Secret; each value is
 * claimed before it is written there. Thread-safe: one network is served at a time.
 */
final class DeviceAllocations {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceAllocations.class);
  private static final int ATTEMPTS = 64;

  private static final Comparator<WireGuardNetwork> BY_AGE =
      Comparator.<WireGuardNetwork, String>comparing(
              network -> network.getMetadata().getCreationTimestamp())
          .thenComparing(network -> network.getMetadata().getUid());

  private final ClusterCache state;
  private final OperatorSecrets secrets;
  private final DeviceClaims claims;
  private final ReentrantLock lock = new ReentrantLock();

  DeviceAllocations(ClusterCache state, OperatorSecrets secrets, DeviceClaims claims) {
    this.state = state;
    this.secrets = secrets;
    this.claims = claims;
  }

  /** Allocates the missing parameters, and stores the result in the gateway Secret. */
  DeviceAllocator.Result allocate(WireGuardNetwork network, Secret gatewaySecret) {
    lock.lock();
    try {
      var name = network.getMetadata().getName();
      var secret = gatewaySecret;
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        var stored = DeviceAllocation.from(secret).orElse(null);
        if (stored != null && isSettled(network, stored)) {
          return new DeviceAllocator.Result(stored, List.of());
        }
        // After a restore without the Secret, or while the watch lags behind its last write.
        var before = stored == null ? claims.of(name).orElse(null) : stored;
        var result = DeviceAllocator.allocate(name, network.getSpec(), before, others(network));
        var allocation = result.allocation();
        if (allocation == null) {
          return result;
        }
        if (!claims.take(name, allocation)) {
          continue;
        }
        if (!allocation.equals(stored) && !secrets.addEntries(secret, allocation.texts())) {
          secret = secrets.currentGateway(name);
          continue;
        }
        claims.keepOnly(name, allocation);
        logChange(name, before, allocation);
        return result;
      }
      throw new IllegalStateException(
          "no device parameters for network " + name + " in " + ATTEMPTS + " attempts");
    } finally {
      lock.unlock();
    }
  }

  /** Whether all is claimed and as the spec wants it. */
  private boolean isSettled(WireGuardNetwork network, DeviceAllocation stored) {
    var spec = network.getSpec();
    var routing = spec.routing;
    return isWanted(spec.listenPort, stored.listenPort())
        && isWanted(spec.interfaceName, stored.interfaceName())
        && isWanted(routing == null ? null : routing.table, stored.routingTable())
        && isWanted(routing == null ? null : routing.rulePriority, stored.rulePriority())
        && claims.holdsAll(network.getMetadata().getName(), stored);
  }

  private static boolean isWanted(@Nullable Object wanted, Object stored) {
    return wanted == null || wanted.equals(stored);
  }

  private static void logChange(
      String network, @Nullable DeviceAllocation before, DeviceAllocation now) {
    if (before != null && !Objects.equals(before, now)) {
      LOG.atInfo()
          .addKeyValue("network", network)
          .addKeyValue("before", before)
          .addKeyValue("now", now)
          .log("Device parameters of a network changed");
    }
  }

  private DeviceAllocator.Others others(WireGuardNetwork network) {
    var own = network.getMetadata().getName();
    var others =
        new DeviceAllocator.Others(
            new HashMap<>(),
            new HashMap<>(),
            new HashMap<>(),
            (parameter, value) ->
                claims
                    .holder(parameter, value)
                    .filter(holder -> !holder.equals(own))
                    .map(holder -> new ClaimHolder(holder, claims.exists(holder))));
    stored().forEach((name, allocation) -> byAge(others, network, name).put(name, allocation));
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
