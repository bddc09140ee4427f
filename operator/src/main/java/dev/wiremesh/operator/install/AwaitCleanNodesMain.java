package dev.wiremesh.operator.install;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.wiremesh.api.UninstallRequest;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.LeaseNames;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Pre-delete hook of the chart: asks every agent to clean its node, waits for all answers, and
 * names the nodes that are missing. Then it ends the operators and deletes the Leases, which Helm
 * did not create and so does not delete.
 *
 * <p>The request exists as long as this program: it is deleted however the program ends. If the
 * program is killed, the request expires, and is deleted with the job's pod.
 */
public final class AwaitCleanNodesMain {
  /** Name of the operators' Deployment. */
  private static final String DEPLOYMENT = "wiremesh-operator";

  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration OPERATORS_END_WITHIN = Duration.ofSeconds(60);

  private final KubernetesClient client;
  private final String namespace;
  private final Optional<OwnerReference> owner;
  private final PrintStream out;

  /** Nodes that had an agent at any poll, with the state of its pod. */
  private final Map<String, String> agents = new TreeMap<>();

  /** Held while the mark is made or taken back: one that is being made is taken back afterwards. */
  private final ReentrantLock marking = new ReentrantLock();

  /** The uid of the mark that is ours to take back. Written under the lock. */
  private volatile @Nullable String markUid;

  private String lastSaid = "";

  /**
   * @param owner with which the mark goes, if this program cannot take it back
   */
  AwaitCleanNodesMain(
      KubernetesClient client, String namespace, Optional<OwnerReference> owner, PrintStream out) {
    this.client = client;
    this.namespace = namespace;
    this.owner = owner;
    this.out = out;
  }

  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length != 2) {
      System.err.println("usage: AwaitCleanNodesMain NAMESPACE SECONDS");
      System.exit(2);
    }
    if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
      root.setLevel(Level.ERROR);
    }
    boolean clean;
    try (var client = new KubernetesClientBuilder().build()) {
      var patience = Duration.ofSeconds(Long.parseLong(arguments[1]));
      var owner = thisPod(System.getenv());
      var program = new AwaitCleanNodesMain(client, arguments[0], owner, System.out);
      // A job that is past its deadline, or deleted, gets SIGTERM.
      Runtime.getRuntime().addShutdownHook(new Thread(program::withdraw, "withdraw"));
      clean = program.run(patience);
    } catch (KubernetesClientException e) {
      System.err.println("cannot ask the API server: " + e.getMessage());
      clean = false;
    }
    System.exit(clean ? 0 : 1);
  }

  private static Optional<OwnerReference> thisPod(Map<String, String> environment) {
    var name = environment.get("POD_NAME");
    var uid = environment.get("POD_UID");
    return name == null || uid == null
        ? Optional.empty()
        : Optional.of(
            new OwnerReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(name)
                .withUid(uid)
                .build());
  }

  /**
   * @return whether all nodes that have an agent are clean
   * @throws KubernetesClientException if the API server refuses to say
   */
  boolean run(Duration patience) throws InterruptedException {
    try {
      ask(patience);
      boolean clean = await(patience);
      if (clean) {
        removeLeases(OPERATORS_END_WITHIN);
      }
      return clean;
    } finally {
      withdraw();
    }
  }

  /** Makes the mark anew: lines in an older one are of agents that may have started again since. */
  private void ask(Duration patience) {
    marking.lock();
    try {
      markUid = makeMark(patience);
    } finally {
      marking.unlock();
    }
  }

  private String makeMark(Duration patience) {
    client.configMaps().inNamespace(namespace).withName(UninstallRequest.NAME).delete();
    return client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(UninstallRequest.NAME)
                .withOwnerReferences(owner.stream().toList())
                .endMetadata()
                .withData(UninstallRequest.askingUntil(Clock.systemUTC().instant().plus(patience)))
                .build())
        // An apply says the name in its address, so that a role can grant this name only.
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(UninstallRequest.NAME)
                .withForce(true)
                .build())
        .getMetadata()
        .getUid();
  }

  /** Deletes the mark that this program made, if it is still there; never another's. */
  void withdraw() {
    marking.lock();
    try {
      var uid = markUid;
      markUid = null;
      if (uid != null && mark(uid).isPresent()) {
        client.configMaps().inNamespace(namespace).withName(UninstallRequest.NAME).delete();
      }
    } catch (KubernetesClientException e) {
      out.println("ConfigMap " + UninstallRequest.NAME + " may be left: " + e.getMessage());
    } finally {
      marking.unlock();
    }
  }

  /** An agent's pod that is being replaced is missing for a moment: one look is not enough. */
  private boolean await(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    boolean wereClean = false;
    while (true) {
      var waiting = look();
      if (waiting.isEmpty() && wereClean) {
        out.println("Every node that has an agent is clean.");
        return true;
      }
      if (!waiting.isEmpty() && System.nanoTime() - deadline > 0) {
        giveUp(waiting, patience);
        return false;
      }
      wereClean = waiting.isEmpty();
      Thread.sleep(POLL);
    }
  }

  /**
   * Ends the operators, since a running one creates its Lease anew, and deletes their Lease, the
   * gateways', and those that claim device parameters: these are made again from the gateway
   * Secrets. A failure is printed and ignored.
   */
  void removeLeases(Duration patience) throws InterruptedException {
    try {
      client
          .apps()
          .deployments()
          .inNamespace(namespace)
          .withName(DEPLOYMENT)
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"replicas\":0}}");
      long deadline = System.nanoTime() + patience.toNanos();
      while (!pods("operator").isEmpty()) {
        if (System.nanoTime() - deadline > 0) {
          say("Operators still run, and may make their Lease " + LeaseNames.OPERATOR + " anew.");
          break;
        }
        say("The operators end.");
        Thread.sleep(POLL);
      }
      var leases = client.leases().inNamespace(namespace);
      leases.withName(LeaseNames.OPERATOR).delete();
      for (var label : List.of(Labels.GATEWAY, Labels.CLAIM)) {
        leases.withLabel(label).list().getItems().stream()
            .map(lease -> lease.getMetadata().getName())
            .forEach(name -> leases.withName(name).delete());
      }
      say("The Leases of operators, gateways and networks are gone.");
    } catch (KubernetesClientException e) {
      say("Leases may be left in namespace " + namespace + ": " + e.getMessage());
    }
  }

  /** The nodes that are not clean yet, with their state; prints what has changed. */
  private Map<String, String> look() {
    var reports = new TreeMap<String, String>();
    try {
      agents.replaceAll((node, state) -> "; its agent is gone");
      for (var pod : pods("agent")) {
        agents.put(nodeOf(pod), stateOf(pod));
      }
      Optional.ofNullable(markUid)
          .flatMap(this::mark)
          .map(ConfigMap::getData)
          .ifPresent(reports::putAll);
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED
          || e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        throw e;
      }
      say("The API server does not answer: " + e.getMessage());
      return Map.of("?", "the API server does not answer");
    }
    var waiting = new TreeMap<String, String>();
    agents.forEach((node, state) -> {
      var report = reports.getOrDefault(node, "no report yet" + state);
      if (!report.startsWith(UninstallRequest.CLEAN)) {
        waiting.put(node, report);
      }
    });
    say(
        (agents.size() - waiting.size())
            + " of "
            + agents.size()
            + " nodes are clean"
            + (waiting.isEmpty() ? "." : "; waiting for " + words(waiting)));
    return waiting;
  }

  /** Pods that run, or will, or are about to end; not those that an eviction left behind. */
  private List<Pod> pods(String component) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel(Labels.NAME, Labels.WIREMESH)
        .withLabel(Labels.COMPONENT, component)
        .withoutField("status.phase", "Succeeded")
        .withoutField("status.phase", "Failed")
        .list()
        .getItems();
  }

  /** Where a pod is, or is to be: a DaemonSet's is bound to its node before it is scheduled. */
  private static String nodeOf(Pod pod) {
    var node = pod.getSpec().getNodeName();
    if (node != null && !node.isEmpty()) {
      return node;
    }
    return Optional.ofNullable(pod.getSpec().getAffinity())
        .map(affinity -> affinity.getNodeAffinity())
        .map(affinity -> affinity.getRequiredDuringSchedulingIgnoredDuringExecution())
        .stream()
        .flatMap(required -> required.getNodeSelectorTerms().stream())
        .flatMap(term -> term.getMatchFields().stream())
        .filter(field -> "metadata.name".equals(field.getKey()))
        .flatMap(field -> field.getValues().stream())
        .findFirst()
        .orElse("pod " + pod.getMetadata().getName());
  }

  private static String stateOf(Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      return "; its agent is being deleted";
    }
    var waits =
        pod.getStatus().getContainerStatuses().stream()
            .map(container -> container.getState())
            .filter(Objects::nonNull)
            .map(state -> state.getWaiting())
            .filter(Objects::nonNull)
            .map(waiting -> waiting.getReason())
            .filter(Objects::nonNull)
            .findFirst();
    var phase = String.valueOf(pod.getStatus().getPhase());
    return phase.equals("Running") && waits.isEmpty()
        ? ""
        : "; its agent is " + waits.orElse(phase);
  }

  /** The mark, if it is the one with this uid. */
  private Optional<ConfigMap> mark(String uid) {
    return Optional.ofNullable(
            client.configMaps().inNamespace(namespace).withName(UninstallRequest.NAME).get())
        .filter(found -> found.getMetadata().getUid().equals(uid));
  }

  private void giveUp(Map<String, String> waiting, Duration patience) {
    out.println(
        "Not clean after "
            + patience.toSeconds()
            + " s: "
            + words(waiting)
            + ". Nothing of the release was deleted. Once these agents run, 'helm uninstall' again"
            + " asks all of them. To go on without them: 'helm uninstall --no-hooks', and"
            + " examples/clean-node.yaml for each of these nodes. To keep the mesh instead: kubectl"
            + " -n "
            + namespace
            + " rollout restart daemonset wiremesh-agent");
  }

  private static String words(Map<String, String> waiting) {
    var words = new TreeSet<String>();
    waiting.forEach((node, report) -> words.add(node + " (" + report + ")"));
    return String.join(", ", words);
  }

  private void say(String line) {
    if (!line.equals(lastSaid)) {
      lastSaid = line;
      out.println(line);
    }
  }
}
