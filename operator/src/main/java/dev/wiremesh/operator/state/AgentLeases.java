package dev.wiremesh.operator.state;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.MeshNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The nodes whose agents are silent: they stopped renewing their Leases, or never reported since
 * their nodes joined. The data planes of these nodes may well work. One thread checks; any thread
 * may ask.
 *
 * <p>An agent of a version that renews no Lease is silent only if it never reported. A node may
 * have Leases of several names, where agents of two versions name them differently: its agent is
 * not silent while one of them is renewed.
 */
public final class AgentLeases {
  private static final Logger LOG = LoggerFactory.getLogger(AgentLeases.class);

  private final KubernetesClient client;
  private final ClusterCache state;
  private final Clock clock;
  private final Duration lostAfter;
  private final LeaseExpiry expiry;
  private final CopyOnWriteArrayList<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

  /** By node. */
  private volatile Map<String, Silence> silent = Map.of();

  /**
   * The silence of an agent.
   *
   * @param renewal the text of its last renewal
   */
  private record Silence(Instant since, String renewal) {}

  /**
   * @param lostAfter how long a Lease may stay unchanged
   */
  public AgentLeases(KubernetesClient client, ClusterCache state, Duration lostAfter, Clock clock) {
    this.client = client;
    this.state = state;
    this.clock = clock;
    this.lostAfter = lostAfter;
    this.expiry = new LeaseExpiry(lostAfter);
  }

  /** Since when a node's agent is silent; empty if it is not. */
  public Optional<Instant> silentSince(String node) {
    return Optional.ofNullable(silent.get(node)).map(Silence::since);
  }

  public boolean isSilent(String node) {
    return silent.containsKey(node);
  }

  /**
   * Whether a silent agent has renewed its Lease since the last check; asks the API server.
   *
   * @throws KubernetesClientException if it does not answer
   */
  public boolean isBack(String node) {
    var silence = silent.get(node);
    var now =
        state.agentLeases().all().stream()
            .filter(lease -> node(lease).equals(node))
            .flatMap(lease -> Stream.ofNullable(read(lease)))
            .toList();
    return silence == null || !renewals(now).getOrDefault(node, "").equals(silence.renewal());
  }

  /** Whether a node's agent ever renewed a Lease. */
  public boolean hasLease(String node) {
    return state.agentLeases().all().stream().anyMatch(lease -> node(lease).equals(node));
  }

  /**
   * @param changed called with the name of a node whose agent fell silent or is back
   */
  public void listen(Consumer<String> changed) {
    listeners.add(changed);
  }

  /**
   * Restores the conclusions of an earlier operator from the conditions that it wrote: a silent
   * agent stays silent until a renewal of its Lease is seen. To be called once, before the first
   * write.
   */
  public void restore() {
    var reported = new HashMap<String, Instant>();
    for (var node : state.meshNodes().all()) {
      Conditions.find(node.getStatus().conditions, ConditionType.READY)
          .filter(AgentLeases::saysSilent)
          .ifPresent(ready -> reported.put(node.getSpec().nodeName, since(ready)));
    }
    var restored = new HashMap<String, Silence>();
    renewals()
        .forEach((node, renewal) -> {
          var since = reported.get(node);
          if (since != null) {
            expiry.lost(node, renewal);
            restored.put(node, new Silence(since, renewal));
          }
        });
    silent = Map.copyOf(restored);
  }

  /** Checks all Leases once; to be called every few seconds. */
  public void check() {
    if (!state.agentLeases().isWatching()) {
      expiry.blind();
      return;
    }
    var leases = state.agentLeases().all();
    var renewals = renewals();
    long now = System.nanoTime();
    for (var node : expiry.stalled(renewals, now)) {
      if (!expiry.isLost(node) && isStalled(node, leases)) {
        expiry.lost(node, renewals.getOrDefault(node, ""));
        LOG.atWarn().addKeyValue("node", node).log("The agent does not renew its Lease");
      }
    }
    publish(renewals, now);
  }

  private void publish(Map<String, String> renewals, long nowNanos) {
    var before = silent;
    var now = new TreeMap<String, Silence>();
    renewals.forEach((node, renewal) -> {
      if (expiry.isLost(node)) {
        var since = clock.instant().minus(expiry.stalledFor(node, nowNanos));
        now.put(node, before.getOrDefault(node, new Silence(since, renewal)));
      }
    });
    silent = Map.copyOf(now);
    var changed = new TreeSet<>(before.keySet());
    changed.addAll(now.keySet());
    changed.removeIf(node -> before.containsKey(node) && now.containsKey(node));
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
    var now = read(lease);
    return now != null && renewal(now).equals(renewal(lease));
  }

  private @Nullable Lease read(Lease lease) {
    return client
        .leases()
        .inNamespace(lease.getMetadata().getNamespace())
        .withName(lease.getMetadata().getName())
        .get();
  }

  /**
   * For each node of a network a text that changes with each renewal; a node without a Lease that
   * never reported has one that does not change. The agent of a node that is in no network renews
   * no Lease, and its Lease has the whole time again once the node joins one.
   */
  private Map<String, String> renewals() {
    var renewals = new TreeMap<>(renewals(state.agentLeases().all()));
    renewals.keySet().removeIf(node -> state.meshNodes().by(ClusterCache.BY_NODE, node).isEmpty());
    for (var node : state.meshNodes().all()) {
      if (neverReported(node)) {
        renewals.putIfAbsent(node.getSpec().nodeName, "");
      }
    }
    return renewals;
  }

  /** Whether a MeshNode has no report of an agent, and at most our own word that there is none. */
  private static boolean neverReported(MeshNode node) {
    var conditions = node.getStatus().conditions;
    return Conditions.find(conditions, ConditionType.DEVICE_READY).isEmpty()
        && Conditions.find(conditions, ConditionType.READY)
            .filter(ready -> !saysSilent(ready))
            .isEmpty();
  }

  /** For each node a text that changes with each renewal of one of its Leases. */
  static Map<String, String> renewals(Collection<Lease> leases) {
    return leases.stream()
        .sorted(Comparator.comparing(lease -> lease.getMetadata().getName()))
        .collect(
            Collectors.groupingBy(
                AgentLeases::node,
                TreeMap::new,
                Collectors.mapping(AgentLeases::renewal, Collectors.joining(" "))));
  }

  /** Whether a MeshNode's Ready is what the operator writes for a silent agent. */
  public static boolean saysSilent(Condition ready) {
    return Reason.NODE_AGENT_SILENT.text().equals(ready.getReason());
  }

  private Instant since(Condition ready) {
    try {
      return Instant.parse(ready.getLastTransitionTime());
    } catch (DateTimeParseException e) {
      return clock.instant().minus(lostAfter);
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
