package dev.wiremesh.operator.network;

import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The claims of all networks to device parameters. A claim is a Lease in the operator's namespace
 * whose name is the value and whose holder is the network: creating it takes the value, so that two
 * operators that lead at the same time never give one value to two networks. It is not renewed.
 * Thread-safe.
 *
 * <p>A claim outlives its network for as long as the gateway Secret does, so that a network that
 * comes back finds its values. {@link #sweep} deletes it after that.
 */
public final class DeviceClaims {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceClaims.class);

  private final KubernetesClient client;
  private final ClusterCache state;
  private final String namespace;

  /** By name: from the watch, and from the answers to this process's own writes. */
  private final Map<String, Lease> claims = new ConcurrentHashMap<>();

  public DeviceClaims(KubernetesClient client, ClusterCache state, String namespace) {
    this.client = client;
    this.state = state;
    this.namespace = namespace;
    state.deviceClaims().listen(this::changed);
  }

  void changed(@Nullable Lease before, @Nullable Lease after) {
    if (after != null) {
      claims.put(after.getMetadata().getName(), after);
    } else if (before != null) {
      claims.computeIfPresent(
          before.getMetadata().getName(),
          (name, known) ->
              known.getMetadata().getUid().equals(before.getMetadata().getUid()) ? null : known);
    }
  }

  /** The network that holds a claim; empty if there is none, or if it names no network. */
  public static Optional<String> holder(@Nullable Lease claim) {
    return claim == null || claim.getSpec() == null
        ? Optional.empty()
        : Optional.ofNullable(claim.getSpec().getHolderIdentity()).filter(it -> !it.isEmpty());
  }

  /** The network that holds a value. */
  Optional<String> holder(DeviceParameter parameter, String value) {
    return holder(claims.get(parameter.leaseName(value)));
  }

  /** Whether the network has claimed all of an allocation. */
  boolean holdsAll(String network, DeviceAllocation allocation) {
    for (var parameter : DeviceParameter.values()) {
      if (!holder(parameter, parameter.of(allocation)).equals(Optional.of(network))) {
        return false;
      }
    }
    return true;
  }

  /** The allocation that the network's claims say; empty unless there is one of each. */
  Optional<DeviceAllocation> of(String network) {
    var port = number(network, DeviceParameter.PORT);
    var name = value(network, DeviceParameter.INTERFACE);
    var table = number(network, DeviceParameter.TABLE);
    var rule = number(network, DeviceParameter.RULE);
    return port.isEmpty() || name.isEmpty() || table.isEmpty() || rule.isEmpty()
        ? Optional.empty()
        : Optional.of(new DeviceAllocation(port.get(), name.get(), table.get(), rule.get()));
  }

  private Optional<Integer> number(String network, DeviceParameter parameter) {
    return value(network, parameter)
        .filter(text -> text.matches("[0-9]{1,9}"))
        .map(Integer::valueOf);
  }

  private Optional<String> value(String network, DeviceParameter parameter) {
    return claims.values().stream()
        .filter(claim -> holder(claim).equals(Optional.of(network)))
        .map(claim -> claim.getMetadata().getName())
        .sorted()
        .flatMap(name -> parameter.claimedBy(name).stream())
        .findFirst();
  }

  /**
   * Claims all of an allocation. A claim of a network that is gone is taken over. Returns false if
   * another network has one of the values; its claim is then known.
   */
  boolean take(String network, DeviceAllocation allocation) {
    for (var parameter : DeviceParameter.values()) {
      if (!take(network, parameter, parameter.of(allocation))) {
        return false;
      }
    }
    return true;
  }

  private boolean take(String network, DeviceParameter parameter, String value) {
    var name = parameter.leaseName(value);
    var known = claims.get(name);
    try {
      if (known == null) {
        claims.put(name, client.resource(claim(network, parameter, value)).create());
        return true;
      }
      var holder = holder(known);
      if (holder.equals(Optional.of(network))) {
        return true;
      }
      if (holder.isPresent() && exists(holder.get())) {
        return false;
      }
      claims.put(name, takeOver(known, parameter, network));
      LOG.atInfo()
          .addKeyValue("claim", name)
          .addKeyValue("before", holder.orElse(""))
          .addKeyValue("network", network)
          .log("Claim of a deleted network taken over");
      return true;
    } catch (KubernetesClientException e) {
      if (!ApiErrors.isConflict(e) && !ApiErrors.isNotFound(e)) {
        throw e;
      }
      var there = client.leases().inNamespace(namespace).withName(name).get();
      if (there == null) {
        claims.remove(name);
        return false;
      }
      claims.put(name, there);
      return holder(there).equals(Optional.of(network));
    }
  }

  private Lease claim(String network, DeviceParameter parameter, String value) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(parameter.leaseName(value))
        .addToLabels(Labels.MANAGED_BY, Labels.WIREMESH)
        .addToLabels(Labels.CLAIM, parameter.text())
        .addToLabels(Labels.NETWORK, network)
        .endMetadata()
        .withNewSpec()
        .withHolderIdentity(network)
        .endSpec()
        .build();
  }

  private Lease takeOver(Lease known, DeviceParameter parameter, String network) {
    return client
        .resource(known)
        .patch(
            Patches.merge(),
            """
            {"metadata":{"uid":"%s","resourceVersion":"%s","labels":{"%s":"%s","%s":"%s"}},\
            "spec":{"holderIdentity":"%s"}}\
            """
                .formatted(
                    known.getMetadata().getUid(),
                    known.getMetadata().getResourceVersion(),
                    Labels.CLAIM,
                    parameter.text(),
                    Labels.NETWORK,
                    network,
                    network));
  }

  /** Whether a network is there; asks the API server where the watch does not know it. */
  boolean exists(String network) {
    return state.networks().get(network).isPresent()
        || client.resources(WireGuardNetwork.class).withName(network).get() != null;
  }

  /** Gives up the network's claims to other values than these. */
  void keepOnly(String network, DeviceAllocation allocation) {
    for (var claim : claims.values()) {
      if (holder(claim).equals(Optional.of(network)) && !isPartOf(claim, allocation)) {
        delete(claim);
      }
    }
  }

  private static boolean isPartOf(Lease claim, DeviceAllocation allocation) {
    for (var parameter : DeviceParameter.values()) {
      if (parameter.leaseName(parameter.of(allocation)).equals(claim.getMetadata().getName())) {
        return true;
      }
    }
    return false;
  }

  /** Deletes the claims of networks of which neither the object nor the gateway Secret is left. */
  public void sweep() {
    for (var claim : claims.values()) {
      try {
        var holder = holder(claim);
        if (holder.isEmpty() || !exists(holder.get()) && !hasSecret(holder.get())) {
          delete(claim);
        }
      } catch (KubernetesClientException e) {
        LOG.atWarn()
            .addKeyValue("claim", claim.getMetadata().getName())
            .setCause(e)
            .log("Cannot check a claim of a network");
      }
    }
  }

  private boolean hasSecret(String network) {
    return client.secrets().inNamespace(namespace).withName(SecretNames.gateway(network)).get()
        != null;
  }

  /** Deletes a claim, unless it has changed since it was seen. */
  private void delete(Lease claim) {
    var name = claim.getMetadata().getName();
    try {
      client.resource(claim).lockResourceVersion(claim.getMetadata().getResourceVersion()).delete();
    } catch (KubernetesClientException e) {
      if (ApiErrors.isConflict(e)) {
        return;
      }
      throw e;
    }
    claims.remove(name, claim);
    LOG.atInfo()
        .addKeyValue("claim", name)
        .addKeyValue("network", holder(claim).orElse(""))
        .log("Claim given up");
  }
}
