package dev.wiremesh.operator.install;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.wiremesh.api.UninstallRequest;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.LoggerFactory;

/**
 * Pre-delete hook of the chart, in two steps. First everything is checked that could stop the
 * uninstallation, on the API server and by every agent on its node; if anything could, nothing is
 * changed and the obstacles are printed. Then every agent is asked to clean its node, the operators
 * are ended and the Leases deleted.
 *
 * <p>The request exists as long as this program: it is withdrawn however the program ends. If the
 * program is killed, the request expires, and is deleted with the job's pod.
 */
public final class AwaitCleanNodesMain {
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration OPERATORS_END_WITHIN = Duration.ofSeconds(60);

  private final String namespace;
  private final PrintStream out;
  private final UninstallMark mark;
  private final AgentPods pods;
  private final LeaseRemoval leases;

  private String lastSaid = "";

  /** A step that every node with an agent has to report. */
  private enum Step {
    CHECK(UninstallRequest.READY, "can be cleaned"),
    CLEAN(UninstallRequest.CLEAN, "are clean");

    private final String line;
    private final String words;

    Step(String line, String words) {
      this.line = line;
      this.words = words;
    }
  }

  /**
   * @param owner with which the request is deleted, if this program cannot withdraw it
   */
  AwaitCleanNodesMain(
      KubernetesClient client, String namespace, Optional<OwnerReference> owner, PrintStream out) {
    this.namespace = namespace;
    this.out = out;
    this.mark = new UninstallMark(client, namespace, owner);
    this.pods = new AgentPods(client, namespace);
    this.leases = new LeaseRemoval(client, namespace, pods, this::say);
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
   * @param patience for both steps; the check gets half of it
   * @return whether all nodes that have an agent are clean
   * @throws KubernetesClientException if the API server refuses to say
   */
  boolean run(Duration patience) throws InterruptedException {
    var obstacles = UninstallObstacles.find(mark, pods, leases);
    if (!obstacles.isEmpty()) {
      out.println("Nothing was changed, because the uninstallation could not be completed.");
      obstacles.forEach(out::println);
      return false;
    }
    long start = System.nanoTime();
    try {
      mark.askForCheck(patience);
      var unable = await(Step.CHECK, start + patience.dividedBy(2).toNanos());
      if (!unable.isEmpty()) {
        stopBefore(unable);
        return false;
      }
      mark.askToClean(patience);
      var unclean = await(Step.CLEAN, start + patience.toNanos());
      if (!unclean.isEmpty()) {
        stopHalfway(unclean, patience);
        return false;
      }
      mark.complete();
      out.println("Every node that has an agent is clean.");
      removeLeases(OPERATORS_END_WITHIN);
      return true;
    } finally {
      withdraw();
    }
  }

  /** Withdraws the request that this program made; never another's. */
  void withdraw() {
    try {
      mark.withdraw();
    } catch (KubernetesClientException e) {
      out.println("ConfigMap " + UninstallRequest.NAME + " may be left: " + e.getMessage());
    }
  }

  void removeLeases(Duration patience) throws InterruptedException {
    leases.run(patience);
  }

  /**
   * Waits until two looks in a row find no node that has not reported the step: an agent's pod that
   * is being replaced is missing for a moment.
   *
   * @return the nodes that have not, with their state; empty if all have
   */
  private Map<String, String> await(Step step, long deadline) throws InterruptedException {
    boolean allHad = false;
    while (true) {
      var waiting = look(step);
      boolean over = System.nanoTime() - deadline > 0;
      if (waiting.isEmpty() ? allHad : over || isRefused(waiting)) {
        return waiting;
      }
      allHad = waiting.isEmpty();
      Thread.sleep(POLL);
    }
  }

  /** Whether every node that is missing has said that it cannot be cleaned. */
  private static boolean isRefused(Map<String, String> waiting) {
    return waiting.values().stream().allMatch(line -> line.startsWith(UninstallRequest.NOT_READY));
  }

  /** The nodes that have not reported the step, with their state; prints what has changed. */
  private Map<String, String> look(Step step) {
    var waiting = new TreeMap<String, String>();
    Map<String, String> agents;
    try {
      agents = pods.look();
      var lines = mark.lines();
      agents.forEach((node, state) -> {
        var line = lines.getOrDefault(node, "no report yet" + state);
        if (!line.startsWith(step.line)) {
          waiting.put(node, line);
        }
      });
      if (step == Step.CHECK) {
        pods.missing().ifPresent(missing -> waiting.put("DaemonSet wiremesh-agent", missing));
      }
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED
          || e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        throw e;
      }
      say("The API server does not answer: " + e.getMessage());
      return Map.of("?", "the API server does not answer");
    }
    long done = agents.keySet().stream().filter(node -> !waiting.containsKey(node)).count();
    say(
        done
            + " of "
            + agents.size()
            + " nodes "
            + step.words
            + (waiting.isEmpty() ? "." : "; waiting for " + words(waiting)));
    return waiting;
  }

  private void stopBefore(Map<String, String> unable) {
    out.println(
        "Nothing was changed, because not every node can be cleaned: "
            + words(unable)
            + ". The mesh goes on, and nothing of the release was deleted. Once these agents run,"
            + " 'helm uninstall' again asks all of them. "
            + withoutThem());
  }

  private void stopHalfway(Map<String, String> unclean, Duration patience) {
    out.println(
        "Not clean after "
            + patience.toSeconds()
            + " s, although all could be cleaned before: "
            + words(unclean)
            + ". Nothing of the release was deleted, and the agents are told to make the mesh"
            + " again. Once these agents run, 'helm uninstall' again asks all of them. "
            + withoutThem()
            + " An agent that stays down: kubectl -n "
            + namespace
            + " rollout restart daemonset wiremesh-agent");
  }

  private static String withoutThem() {
    return "To go on without them: 'helm uninstall --no-hooks', and examples/clean-node.yaml for"
        + " each of these nodes.";
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
