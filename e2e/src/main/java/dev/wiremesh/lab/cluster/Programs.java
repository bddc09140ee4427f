package dev.wiremesh.lab.cluster;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * The operator and the agents of a lab, with the rights that the chart gives them.
 *
 * <p>Thread-safe.
 */
final class Programs implements AutoCloseable {
  private static final int OPERATOR_HTTP = 8080;
  private static final int AGENT_HTTP = 9586;

  private final ControlPlane controlPlane;
  private final Checkout checkout;
  private final LabDirectory folder;
  private final Clock clock;
  private final Workload operator;
  private final Map<String, Workload> agents = new LinkedHashMap<>();

  Programs(
      Underlay underlay,
      Map<String, Host> nodes,
      ControlPlane controlPlane,
      Checkout checkout,
      LabDirectory folder,
      Clock clock) {
    this.controlPlane = controlPlane;
    this.checkout = checkout;
    this.folder = folder;
    this.clock = clock;
    this.operator =
        workload(
            underlay.control(),
            "operator",
            new Workload.Description(
                "operator",
                ClusterNames.OPERATOR,
                Optional.empty(),
                "-all",
                Map.of(
                    "WIREMESH_HTTP_LISTEN",
                    operatorHttp(),
                    "POD_NAME",
                    "wiremesh-operator-0",
                    // With a lab's few objects, the C2 compiler costs more than it gains.
                    "WIREMESH_JAVA_OPTIONS",
                    "-XX:TieredStopAtLevel=1")));
    int number = 0;
    for (var node : nodes.entrySet()) {
      number++;
      agents.put(
          node.getKey(),
          workload(
              node.getValue(),
              "agent-" + node.getKey(),
              new Workload.Description(
                  "agent",
                  ClusterNames.AGENT,
                  Optional.of(node.getKey()),
                  "-all,+net_admin",
                  Map.of(
                      "WIREMESH_NODE_NAME",
                      node.getKey(),
                      "WIREMESH_HTTP_LISTEN",
                      agentHttp(number)))));
    }
  }

  /** {@code host:port} of the operator's metrics, in the lab. */
  static String operatorHttp() {
    return Underlay.CONTROL_ADDRESS + ":" + OPERATOR_HTTP;
  }

  /** {@code host:port} of an agent's metrics, in the lab. */
  static String agentHttp(int node) {
    return Underlay.nodeAddress(node) + ":" + AGENT_HTTP;
  }

  private Workload workload(Host host, String name, Workload.Description description) {
    return new Workload(
        description, host, controlPlane, checkout, folder.logs().resolve(name + ".log"), clock);
  }

  Workload operator() {
    return operator;
  }

  Workload agent(String node) {
    var agent = agents.get(node);
    if (agent == null) {
      throw new LabException("there is no node '" + node + "'");
    }
    return agent;
  }

  void start() {
    each(Workload::start);
  }

  /** Renews tokens and restarts programs that ended; reports restarts. */
  void tend(Consumer<String> tell) {
    all().forEach(workload -> workload.tend().ifPresent(tell));
  }

  @Override
  public void close() {
    each(Workload::stop);
  }

  private List<Workload> all() {
    var all = new ArrayList<Workload>(List.of(operator));
    all.addAll(agents.values());
    return all;
  }

  /** In parallel: a stop takes seconds. */
  private void each(Consumer<Workload> what) {
    var calls =
        all().stream()
            .<Callable<Workload>>map(workload ->
                () -> {
                  what.accept(workload);
                  return workload;
                })
            .toList();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var future : executor.invokeAll(calls)) {
        future.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    } catch (ExecutionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new LabException(String.valueOf(cause.getMessage()), cause);
    }
  }
}
