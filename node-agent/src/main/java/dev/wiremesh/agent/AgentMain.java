package dev.wiremesh.agent;

import dev.wiremesh.agent.client.ApiClient;
import dev.wiremesh.agent.client.ApiClient.InvalidClientConfigException;
import dev.wiremesh.agent.uninstall.UninstallCommand;
import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.selection.CipherSelection;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code wiremesh agent}. */
@Command(
    name = "wiremesh agent",
    mixinStandardHelpOptions = true,
    versionProvider = AgentMain.Version.class,
    description = "Runs a node's part of the mesh: its WireGuard devices, routes and reports.",
    footerHeading = "%nEnvironment:%n",
    footer = {
      "  WIREMESH_NODE_NAME        name of this node in the cluster (required)",
      "  WIREMESH_NAMESPACE        namespace of the operator (wiremesh-system)",
      "  WIREMESH_HTTP_LISTEN      metrics and health (127.0.0.1:9586)",
      "  WIREMESH_STATE_DIRECTORY  what survives a restart (/var/lib/wiremesh)",
      "  WIREMESH_CIPHER           forces a cipher: auto, vector, libcrypto or jdk (auto)",
      "  WIREMESH_OFFLOADS         all, none, or names with commas between: tun-read, tun-write,",
      "                            tun-queues, udp-send, udp-receive (all)",
      "  WIREMESH_METRICS_COMPATIBILITY",
      "                            wireguard-exporter: its metrics beside ours (none)",
      "  KUBECONFIG                how to reach the API server outside of a pod",
      "",
      "SIGTERM ends the program and removes nothing: interfaces, addresses and routes stay.",
      "Exit status of --uninstall: 0 clean, 1 something could not be removed, 3 an agent still runs."
    })
public final class AgentMain implements Callable<Integer> {
  static {
    // Before the first logger is made; other programs share the directory of jars.
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("logback.configurationFile", "wiremesh-agent-logback.xml");
    }
  }

  private static final Logger log = LoggerFactory.getLogger(AgentMain.class);
  private static final int EXIT_CONFIG = 2;
  private static final int EXIT_FAILED = 1;

  @Option(
      names = "--uninstall",
      description =
          "Removes all that Wiremesh made on this node (interfaces, routes, rules, packet filter"
              + " tables, kernel switches, state), and ends. It asks no API server.")
  private boolean uninstall;

  private AgentMain() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new AgentMain()).execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    if (uninstall) {
      var directory = AgentConfig.stateDirectory(System.getenv());
      return UninstallCommand.run(directory, System.out, System.err);
    }
    AgentConfig config;
    CipherBackend cipher;
    try {
      config = AgentConfig.parse(System.getenv());
      cipher = CipherSelection.start(System.getenv());
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return EXIT_CONFIG;
    }
    KubernetesClient client;
    try {
      client = ApiClient.ofEnvironment();
    } catch (InvalidClientConfigException e) {
      System.err.println(e.getMessage());
      return EXIT_CONFIG;
    }
    try (client) {
      return run(config, cipher, client);
    }
  }

  private static int run(AgentConfig config, CipherBackend cipher, KubernetesClient client)
      throws InterruptedException {
    Agent agent;
    try {
      agent = Agent.start(config, cipher, client, Clock.systemUTC());
    } catch (IOException e) {
      log.atError().setCause(e).log("Agent cannot start");
      return EXIT_FAILED;
    }
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  log.info("Agent stops; interfaces, addresses and routes stay");
                  agent.close();
                  stopped.countDown();
                },
                "shutdown"));
    stopped.await();
    return 0;
  }

  /** The version for {@code --version}. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"wiremesh agent " + AgentVersion.text()};
    }
  }
}
