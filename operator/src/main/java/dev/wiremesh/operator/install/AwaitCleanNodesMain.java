package dev.wiremesh.operator.install;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.wiremesh.operator.state.Labels;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Runs before the chart's objects are deleted: the ConfigMap beside it has told every agent to
 * clean its node; this waits until each of them wrote into it that it did, and says who is missing.
 * Where that takes too long, the mark is withdrawn, so that no agent acts on it later. Once all are
 * clean, the operators end and the Leases go: Helm made neither of these, and knows of none.
 */
public final class AwaitCleanNodesMain {
  static final String MARK = "wiremesh-uninstall";
  private static final String CLEAN = "clean";

  /** Name of the operators' Deployment, and of their Lease. */
  private static final String OPERATOR = "wiremesh-operator";

  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  private static final Duration OPERATORS_END_WITHIN = Duration.ofSeconds(60);

  private final KubernetesClient client;
  private final String namespace;
  private final PrintStream out;
  private String lastSaid = "";

  AwaitCleanNodesMain(KubernetesClient client, String namespace, PrintStream out) {
    this.client = client;
    this.namespace = namespace;
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
      var program = new AwaitCleanNodesMain(client, arguments[0], System.out);
      clean = program.await(patience);
      if (clean) {
        program.removeLeases(OPERATORS_END_WITHIN);
      }
    } catch (KubernetesClientException e) {
      System.err.println("cannot ask the API server: " + e.getMessage());
      clean = false;
    }
    System.exit(clean ? 0 : 1);
  }

  /**
   * @return whether all agents that run have left their nodes clean
   * @throws KubernetesClientException if the API server refuses to say
   */
  boolean await(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      var waiting = look();
      if (waiting.isEmpty()) {
        out.println("Every node with a running agent is clean.");
        return true;
      }
      if (System.nanoTime() - deadline > 0) {
        giveUp(waiting, patience);
        return false;
      }
      Thread.sleep(LOOK_EVERY);
    }
  }

  /**
   * Ends the operators, since one that lives makes its Lease anew, and deletes their Lease and the
   * gateways'. What cannot be done here is told, and holds nothing up.
   */
  void removeLeases(Duration patience) throws InterruptedException {
    try {
      client
          .apps()
          .deployments()
          .inNamespace(namespace)
          .withName(OPERATOR)
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"replicas\":0}}");
      long deadline = System.nanoTime() + patience.toNanos();
      while (!pods("operator").isEmpty()) {
        if (System.nanoTime() - deadline > 0) {
          say("Operators still run, and may make their Lease " + OPERATOR + " anew.");
          break;
        }
        say("The operators end.");
        Thread.sleep(LOOK_EVERY);
      }
      var leases = client.leases().inNamespace(namespace);
      leases.withName(OPERATOR).delete();
      leases.withLabel(Labels.GATEWAY).list().getItems().stream()
          .map(lease -> lease.getMetadata().getName())
          .forEach(name -> leases.withName(name).delete());
      say("The Leases of operators and gateways are gone.");
    } catch (KubernetesClientException e) {
      say("Leases may be left in namespace " + namespace + ": " + e.getMessage());
    }
  }

  /** The nodes that are not clean yet, with what their agents said last; says what is new. */
  private Map<String, String> look() {
    var nodes = new TreeSet<String>();
    var reports = new TreeMap<String, String>();
    try {
      for (var pod : pods("agent")) {
        if (isRunning(pod)) {
          nodes.add(pod.getSpec().getNodeName());
        }
      }
      var mark = mark();
      if (mark != null && mark.getData() != null) {
        reports.putAll(mark.getData());
      }
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED
          || e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        throw e;
      }
      say("The API server does not answer: " + e.getMessage());
      return Map.of("?", "the API server does not answer");
    }
    var waiting = new TreeMap<String, String>();
    for (var node : nodes) {
      var report = reports.getOrDefault(node, "no report yet");
      if (!report.startsWith(CLEAN)) {
        waiting.put(node, report);
      }
    }
    say(
        (nodes.size() - waiting.size())
            + " of "
            + nodes.size()
            + " nodes are clean"
            + (waiting.isEmpty() ? "." : "; waiting for " + words(waiting)));
    return waiting;
  }

  private List<Pod> pods(String component) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel("app.kubernetes.io/name", "wiremesh")
        .withLabel("app.kubernetes.io/component", component)
        .list()
        .getItems();
  }

  private static boolean isRunning(Pod pod) {
    return pod.getStatus() != null
        && "Running".equals(pod.getStatus().getPhase())
        && pod.getMetadata().getDeletionTimestamp() == null;
  }

  private @Nullable ConfigMap mark() {
    return client.configMaps().inNamespace(namespace).withName(MARK).get();
  }

  private void giveUp(Map<String, String> waiting, Duration patience) {
    out.println(
        "Not clean after "
            + patience.toSeconds()
            + " s: "
            + words(waiting)
            + ". On each of these nodes 'wiremesh agent --uninstall' cleans up by hand; then"
            + " 'helm uninstall --no-hooks' goes on. To keep the mesh instead: kubectl -n "
            + namespace
            + " rollout restart daemonset wiremesh-agent");
    client.configMaps().inNamespace(namespace).withName(MARK).delete();
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
