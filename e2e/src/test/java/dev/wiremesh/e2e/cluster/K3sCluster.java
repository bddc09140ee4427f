package dev.wiremesh.e2e.cluster;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.HostConfig;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandResult;
import dev.wiremesh.testkit.process.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * k3s in containers of a Docker engine: a server and two agents on a network of their own. Used by
 * one thread.
 */
final class K3sCluster implements MeshCluster {
  private static final DockerImageName IMAGE = DockerImageName.parse("rancher/k3s:v1.34.1-k3s1");
  private static final String TOKEN = "wiremesh";
  private static final String AUDIT_LOG = "/tmp/audit.jsonl";
  private static final Duration LONGEST_COMMAND = Duration.ofMinutes(12);

  private final Network network = Network.newNetwork();
  private final Map<String, GenericContainer<?>> machines = new LinkedHashMap<>();
  private final Path kubeconfig;

  /** Starts it; on failure nothing of it is left. */
  static K3sCluster start() {
    return new K3sCluster();
  }

  private K3sCluster() {
    try {
      var server = server();
      machines.put("n1", server);
      server.start();
      for (var name : List.of("n2", "n3")) {
        var agent = agent(name);
        machines.put(name, agent);
        agent.start();
      }
      kubeconfig = Files.createTempFile("wiremesh-k3s-", ".yaml");
      Files.writeString(kubeconfig, server.getKubeConfigYaml());
      awaitNodes();
    } catch (IOException e) {
      close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private K3sContainer server() {
    return new K3sContainer(IMAGE)
        .withNetwork(network)
        .withNetworkAliases("server")
        .withCreateContainerCmdModifier(command -> command.withHostName("n1"))
        .withCopyFileToContainer(
            MountableFile.forHostPath(
                MeshLifecycle.MODULE.resolve("cluster/control-plane/audit.yaml").toString()),
            "/etc/audit.yaml")
        .withCommand(
            "server",
            "--disable=traefik,metrics-server",
            "--token=" + TOKEN,
            "--tls-san=127.0.0.1",
            "--tls-san=server",
            "--kube-apiserver-arg=audit-policy-file=/etc/audit.yaml",
            "--kube-apiserver-arg=audit-log-path=" + AUDIT_LOG);
  }

  private GenericContainer<?> agent(String name) {
    return new GenericContainer<>(IMAGE)
        .withNetwork(network)
        .withPrivilegedMode(true)
        .withTmpFs(Map.of("/run", "", "/var/run", ""))
        .withCreateContainerCmdModifier(command -> asNode(command, name))
        .withCommand("agent", "--server=https://server:6443", "--token=" + TOKEN);
  }

  /** Configures a node as K3sContainer configures its own server. */
  private static void asNode(CreateContainerCmd command, String name) {
    command.withHostName(name);
    var host = command.getHostConfig();
    command.withHostConfig((host == null ? new HostConfig() : host).withCgroupnsMode("host"));
  }

  private void awaitNodes() {
    org.awaitility.Awaitility.await()
        .alias("all nodes of k3s are registered")
        .atMost(Duration.ofMinutes(4))
        .until(() -> nodes().stream().allMatch(n -> tryKubectl("get", "node", n).succeeded()));
    kubectl("wait", "node", "--all", "--for=condition=Ready", "--timeout=4m");
  }

  @Override
  public List<String> nodes() {
    return List.copyOf(machines.keySet());
  }

  @Override
  public String kubectl(String... arguments) {
    return tryKubectl(arguments).orThrow().output();
  }

  @Override
  public CommandResult tryKubectl(String... arguments) {
    return tool("kubectl", arguments);
  }

  @Override
  public String helm(String... arguments) {
    return tool("helm", arguments).orThrow().output();
  }

  @Override
  public CommandResult shell(String script) {
    return tool("sh", "-c", script);
  }

  private CommandResult tool(String program, String... arguments) {
    var command = new ArrayList<>(List.of(Tools.find(program).orElseThrow().toString()));
    command.addAll(List.of(arguments));
    return Command.of(command)
        .withEnvironment("KUBECONFIG", kubeconfig.toString())
        .withTimeout(LONGEST_COMMAND)
        .run();
  }

  @Override
  public void load(Path image) {
    var inside = "/tmp/" + image.getFileName();
    for (var machine : machines.entrySet()) {
      machine.getValue().copyFileToContainer(MountableFile.forHostPath(image), inside);
      on(machine.getKey(), "ctr", "--namespace=k8s.io", "images", "import", inside).orThrow();
      on(machine.getKey(), "rm", inside).orThrow();
    }
  }

  @Override
  public CommandResult on(String machine, String... command) {
    var container = machines.get(machine);
    if (container == null) {
      throw new IllegalArgumentException("there is no node " + machine);
    }
    try {
      var result = container.execInContainer(command);
      return new CommandResult(
          List.of(command),
          result.getExitCode(),
          result.getStdout().strip(),
          result.getStderr().strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public List<String> auditLog() {
    return on("n1", "cat", AUDIT_LOG).orThrow().output().lines().toList();
  }

  @Override
  public void close() {
    var all = new HashMap<>(machines);
    machines.clear();
    all.values().forEach(GenericContainer::stop);
    network.close();
  }
}
