package dev.wiremesh.operator.state;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which gateways are lost: their agents stopped renewing their Leases. A gateway without a Lease is
 * not judged. One thread looks; everybody may ask.
 */
public final class GatewayLeases {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayLeases.class);

  private final KubernetesClient client;
  private final ClusterCache state;
  private final LeaseExpiry judge;
  private final CopyOnWriteArrayList<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private volatile Set<String> lost = Set.of();

  public GatewayLeases(KubernetesClient client, ClusterCache state, Duration lostAfter) {
    this.client = client;
    this.state = state;
    this.judge = new LeaseExpiry(lostAfter);
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
   * What an operator before this one concluded, read from what it wrote: its agent said all is
   * well, and yet the network calls the gateway not ready. That holds until the Lease is seen to be
   * renewed. To be called once, before anybody asks and anything is written.
   */
  public void recall() {
    var calledLost = new TreeSet<String>();
    for (var network : state.networks().all()) {
      var nodes = state.meshNodes().by(ClusterCache.BY_NETWORK, network.getMetadata().getName());
      for (var gateway : network.getStatus().gateways) {
        boolean saysReady =
            nodes.stream()
                .filter(node -> node.getSpec().nodeName.equals(gateway.node))
                .anyMatch(
                    node -> Conditions.isTrue(node.getStatus().conditions, ConditionType.READY));
        if (saysReady && Boolean.FALSE.equals(gateway.ready)) {
          calledLost.add(gateway.node);
        }
      }
    }
    for (var lease : state.gatewayLeases().all()) {
      var node = node(lease);
      if (calledLost.contains(node)) {
        judge.lost(node, renewal(lease));
      }
    }
    publish(calledLost);
  }

  /** Looks once; to be called every few seconds. */
  public void look() {
    if (!state.gatewayLeases().isWatching()) {
      judge.blind();
      return;
    }
    var leases = new HashMap<String, Lease>();
    var renewals = new HashMap<String, String>();
    for (var lease : state.gatewayLeases().all()) {
      var node = node(lease);
      leases.put(node, lease);
      renewals.put(node, renewal(lease));
    }
    for (var node : judge.stalled(renewals, System.nanoTime())) {
      var lease = Objects.requireNonNull(leases.get(node));
      if (!judge.isLost(node) && standsStill(lease)) {
        judge.lost(node, renewal(lease));
        LOG.atWarn().addKeyValue("gateway", node).log("The gateway does not renew its lease");
      }
    }
    publish(renewals.keySet());
  }

  private void publish(Set<String> nodes) {
    var before = lost;
    var now = new TreeSet<String>();
    nodes.stream().filter(judge::isLost).forEach(now::add);
    lost = Set.copyOf(now);
    var changed = new TreeSet<>(before);
    changed.addAll(now);
    changed.removeIf(node -> before.contains(node) && now.contains(node));
    changed.forEach(node -> listeners.forEach(listener -> listener.accept(node)));
  }

  /** A watch can be silent for reasons of its own: the API server has the last word. */
  private boolean standsStill(Lease lease) {
    try {
      var now =
          client
              .leases()
              .inNamespace(lease.getMetadata().getNamespace())
              .withName(lease.getMetadata().getName())
              .get();
      return now != null && renewal(now).equals(renewal(lease));
    } catch (KubernetesClientException e) {
      return false;
    }
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
