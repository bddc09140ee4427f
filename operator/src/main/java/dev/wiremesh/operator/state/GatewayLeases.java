package dev.wiremesh.operator.state;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateways that are lost: their agents stopped renewing their Leases. A gateway without a Lease
 * is never lost. One thread checks; any thread may ask.
 *
 * <p>A node may have Leases of several names, where agents of two versions name them differently:
 * the node is alive as long as one of them is renewed.
 */
public final class GatewayLeases {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayLeases.class);

  private final KubernetesClient client;
  private final ClusterCache state;
  private final LeaseExpiry expiry;
  private final CopyOnWriteArrayList<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private volatile Set<String> lost = Set.of();

  public GatewayLeases(KubernetesClient client, ClusterCache state, Duration lostAfter) {
    this.client = client;
    this.state = state;
    this.expiry = new LeaseExpiry(lostAfter);
  }

  public boolean isLost(String node) {
    return lost.contains(node);
  }

  /**
   * @param changed called with a node that was lost or came back
   */
  public void listen(Consumer<String> changed) {
    listeners.add(changed);
  }

  /**
   * Restores the conclusions of an earlier operator from the status that it wrote: a gateway whose
   * agent reports Ready and which its network calls not ready is lost, until a renewal of its Lease
   * is seen. To be called once, before the first write.
   */
  public void restore() {
    var calledLost = new TreeSet<String>();
    for (var network : state.networks().all()) {
      var nodes = state.meshNodes().by(ClusterCache.BY_NETWORK, network.getMetadata().getName());
      for (var gateway : network.getStatus().gateways) {
        boolean reportsReady =
            nodes.stream()
                .filter(node -> node.getSpec().nodeName.equals(gateway.node))
                .anyMatch(
                    node -> Conditions.isTrue(node.getStatus().conditions, ConditionType.READY));
        if (reportsReady && Boolean.FALSE.equals(gateway.ready)) {
          calledLost.add(gateway.node);
        }
      }
    }
    renewals(state.gatewayLeases().all())
        .forEach((node, renewal) -> {
          if (calledLost.contains(node)) {
            expiry.lost(node, renewal);
          }
        });
    publish(calledLost);
  }

  /** Checks all Leases once; to be called every few seconds. */
  public void check() {
    if (!state.gatewayLeases().isWatching()) {
      expiry.blind();
      return;
    }
    var leases = state.gatewayLeases().all();
    var renewals = renewals(leases);
    for (var node : expiry.stalled(renewals, System.nanoTime())) {
      if (!expiry.isLost(node) && isStalled(node, leases)) {
        expiry.lost(node, renewals.getOrDefault(node, ""));
        LOG.atWarn().addKeyValue("gateway", node).log("The gateway does not renew its Lease");
      }
    }
    publish(renewals.keySet());
  }

  private void publish(Set<String> nodes) {
    var before = lost;
    var now = new TreeSet<String>();
    nodes.stream().filter(expiry::isLost).forEach(now::add);
    lost = Set.copyOf(now);
    var changed = new TreeSet<>(before);
    changed.addAll(now);
    changed.removeIf(node -> before.contains(node) && now.contains(node));
    changed.forEach(node -> listeners.forEach(listener -> listener.accept(node)));
  }

  /** Reads the Leases from the API server: a watch can be silent while they are renewed. */
  private boolean isStalled(String node, Collection<Lease> leases) {
    try {
      for (var lease : leases) {
        if (node(lease).equals(node) && !isUnchanged(lease)) {
          return false;
        }
      }
      return true;
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  private boolean isUnchanged(Lease lease) {
    var now =
        client
            .leases()
            .inNamespace(lease.getMetadata().getNamespace())
            .withName(lease.getMetadata().getName())
            .get();
    return now != null && renewal(now).equals(renewal(lease));
  }

  /** For each node a text that changes with each renewal of one of its Leases. */
  static Map<String, String> renewals(Collection<Lease> leases) {
    return leases.stream()
        .sorted(Comparator.comparing(lease -> lease.getMetadata().getName()))
        .collect(
            Collectors.groupingBy(
                GatewayLeases::node,
                TreeMap::new,
                Collectors.mapping(GatewayLeases::renewal, Collectors.joining(" "))));
  }

  /** Names and labels may be shortened; the holder is the node's whole name. */
  private static String node(Lease lease) {
    var spec = lease.getSpec();
    return spec == null || spec.getHolderIdentity() == null ? "" : spec.getHolderIdentity();
  }

  private static String renewal(Lease lease) {
    var spec = lease.getSpec();
    return spec == null ? "" : String.valueOf(spec.getRenewTime());
  }
}
