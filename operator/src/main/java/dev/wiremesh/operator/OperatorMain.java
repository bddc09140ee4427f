package dev.wiremesh.operator;

import dev.wiremesh.operator.runtime.OperatorConfig;
import dev.wiremesh.operator.runtime.OperatorConfig.InvalidConfigException;
import dev.wiremesh.operator.runtime.OperatorRuntime;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
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
  private static final int FAILED = 1;

  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile int exitCode;

  public static void main(String[] args) {
    System.exit(new CommandLine(new OperatorMain()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    OperatorConfig config;
    try {
      config = OperatorConfig.from(System.getenv());
    } catch (InvalidConfigException e) {
      System.err.println(e.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    try (var client = client();
        var runtime = OperatorRuntime.start(client, config, this::leadershipLost)) {
      stopAtSigterm(runtime);
      LOG.atInfo()
          .addKeyValue("server", client.getMasterUrl())
          .addKeyValue("namespace", config.namespace())
          .addKeyValue("http", runtime.httpAddress())
          .log("The operator runs");
      ended.await();
      return exitCode;
    } catch (KubernetesClientException | IOException | TimeoutException | IllegalStateException e) {
      LOG.atError().setCause(e).log("The operator cannot start");
      return FAILED;
    }
  }

  private static KubernetesClient client() {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder().withRequestRetryBackoffLimit(5).build())
        .build();
  }

  private void stopAtSigterm(OperatorRuntime runtime) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  runtime.close();
                  ended.countDown();
                },
                "shutdown"));
  }

  /** Another replica works now; this one starts anew as a spare. */
  private void leadershipLost() {
    exitCode = FAILED;
    ended.countDown();
  }

  /** The version in the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"wiremesh operator " + OperatorRuntime.version()};
    }
  }
}
