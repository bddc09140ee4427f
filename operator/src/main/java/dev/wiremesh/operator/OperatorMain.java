package dev.wiremesh.operator;

import dev.wiremesh.operator.runtime.OperatorConfig;
import dev.wiremesh.operator.runtime.OperatorConfig.InvalidOperatorConfigException;
import dev.wiremesh.operator.runtime.OperatorRuntime;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.OperatorException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The operator as a program. */
@Command(
    name = "wiremesh operator",
    mixinStandardHelpOptions = true,
    versionProvider = OperatorMain.Version.class,
    usageHelpWidth = 100,
    description = {
      "Runs the Wiremesh operator: gives the nodes and peers of each WireGuardNetwork their",
      "addresses and keys, and each Peer a ready wg-quick configuration.",
      "",
      "It speaks to the cluster of $KUBECONFIG, or to the one that it runs in, and ends with",
      "SIGTERM. The mesh goes on without it."
    },
    footerHeading = "%nEnvironment:%n",
    footer = {
      "  WIREMESH_NAMESPACE        namespace of its Secrets and its lease (wiremesh-system)",
      "  WIREMESH_HTTP_LISTEN      where /metrics, /healthz and /readyz are served (0.0.0.0:8080)",
      "  WIREMESH_LEADER_ELECTION  whether only one of several replicas works (true)",
      "  POD_NAME                  name of this replica (the host's name)",
      "  KUBECONFIG                a kubeconfig, outside a cluster",
      "  LOG_LEVEL                 error, warn, info or debug (info)"
    })
public final class OperatorMain implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorMain.class);
  private static final Duration BEFORE_ANOTHER_TRY = Duration.ofSeconds(5);
  private static final Duration LONGEST_STOP = Duration.ofSeconds(20);

  private static final int FAILED = 1;

  private final CompletableFuture<Void> stopping = new CompletableFuture<>();
  private final CountDownLatch stopped = new CountDownLatch(1);

  public static void main(String[] args) {
    System.exit(new CommandLine(new OperatorMain()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    OperatorConfig config;
    try {
      config = OperatorConfig.from(System.getenv());
    } catch (InvalidOperatorConfigException e) {
      System.err.println(e.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    stopAtSigterm();
    try (var client = client()) {
      while (!isStopping(Duration.ZERO)) {
        run(client, config);
      }
      return CommandLine.ExitCode.OK;
    } catch (IOException e) {
      LOG.atError()
          .addKeyValue("http", config.httpListen())
          .setCause(e)
          .log("Cannot serve metrics and health: choose another WIREMESH_HTTP_LISTEN");
      return FAILED;
    } finally {
      stopped.countDown();
    }
  }

  /** Returns when the operator is to stop, has lost its leadership, or could not start. */
  private void run(KubernetesClient client, OperatorConfig config)
      throws InterruptedException, IOException {
    var leadershipLost = new CompletableFuture<Void>();
    try (var runtime = OperatorRuntime.start(client, config, () -> leadershipLost.complete(null))) {
      LOG.atInfo()
          .addKeyValue("server", client.getMasterUrl())
          .addKeyValue("namespace", config.namespace())
          .addKeyValue("http", runtime.httpAddress())
          .log("Operator started");
      CompletableFuture.anyOf(stopping, leadershipLost).join();
    } catch (KubernetesClientException | OperatorException | TimeoutException e) {
      LOG.atWarn().setCause(e).log("Cannot start; trying again");
      isStopping(BEFORE_ANOTHER_TRY);
    }
  }

  private boolean isStopping(Duration patience) throws InterruptedException {
    try {
      stopping.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KubernetesClient client() {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder().withRequestRetryBackoffLimit(5).build())
        .build();
  }

  private void stopAtSigterm() {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stopping.complete(null);
                  try {
                    if (!stopped.await(LONGEST_STOP.toMillis(), TimeUnit.MILLISECONDS)) {
                      LOG.warn("Operator did not stop in time");
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "shutdown"));
  }

  /** The version in the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"wiremesh operator " + OperatorRuntime.version()};
    }
  }
}
