package dev.wiremesh.agent;

import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.process.JavaProgram;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.host.Relay;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.process.ManagedProcess;
import dev.wiremesh.wireguard.daemon.WgMain;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Nodes on one underlay, an agent as a process on each, under its shipped rights, at a real API
 * server that can be taken away. {@link #build} makes two nodes, node-a (a gateway) and node-b, and
 * a laptop.
 */
final class MeshOnHosts implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String API = "127.0.0.1:6443";

  private final ControlPlane controlPlane;
  private final AgentTestCluster cluster;
  private final Path folder = Files.createTempDirectory("wiremesh-agents-");
  private final Hosts hosts = Hosts.forTest("ag");
  private final Map<String, Host> nodes = new HashMap<>();
  private final Map<String, String[]> underlays = new HashMap<>();
  private final Map<String, ManagedProcess> agents = new HashMap<>();
  private final List<ManagedProcess> relays = new ArrayList<>();
  private @Nullable Relay relay;
  private final Map<String, Host> others = new HashMap<>();
  private @Nullable Host underlay;
  private @Nullable Host laptop;
  private String gatewayKey = "";
  private final Map<String, String> environment = new HashMap<>();
  private int started;

  MeshOnHosts(ControlPlane controlPlane) throws IOException {
    this.controlPlane = controlPlane;
    this.cluster = new AgentTestCluster(controlPlane);
  }

  void build() throws IOException {
    buildUnderlay();
    addNode("node-a", true, 1, "172.31.0.1");
    addNode("node-b", false, 2, "172.31.0.2");
    var bridge = underlayBridge();
    var outside = hosts.create("laptop");
    outside.connectToBridge("eth0", bridge, "br0", "to-laptop");
    outside.address("eth0", "172.31.0.9/24");
    laptop = outside;
  }

  /** The underlay, the API server and the network, without any node. */
  void buildUnderlay() throws IOException {
    var bridge = hosts.create("underlay");
    bridge.createBridge("br0");
    underlay = bridge;
    startApi();
    gatewayKey = cluster.network("home", 51900).toString();
  }

  /**
   * Adds a node and starts its agent.
   *
   * @param number the last part of its addresses in the mesh
   * @param underlay its addresses on the underlay, of one family or both
   */
  void addNode(String name, boolean gateway, int number, String... underlay) throws IOException {
    var host = hosts.create(name);
    host.connectToBridge("eth0", underlayBridge(), "br0", "to-" + number);
    for (var address : underlay) {
      host.address("eth0", address + (address.contains(":") ? "/64" : "/24"));
    }
    nodes.put(name, host);
    underlays.put(name, underlay);
    startRelayOn(host);
    writeKubeconfig(name);
    cluster.meshNode("home", name, gateway, List.of(underlay), number);
    startAgent(name);
  }

  /** The addresses of a node on the underlay. */
  String[] underlayOf(String node) {
    return underlays.getOrDefault(node, new String[0]);
  }

  /** A file that is deleted with the mesh. */
  Path newFile(String name) {
    return folder.resolve(++started + "-" + name);
  }

  private Host underlayBridge() {
    var bridge = underlay;
    if (bridge == null) {
      throw new IllegalStateException("build first");
    }
    return bridge;
  }

  /** Sets a variable of all agents and clients that start from now on. */
  void environment(String name, String value) {
    environment.put(name, value);
  }

  /** Sets the MTU of the underlay and of all interfaces to it. */
  void underlayMtu(int bytes) {
    var bridge = underlayBridge();
    Map.of("node-a", "to-1", "node-b", "to-2", "laptop", "to-laptop")
        .forEach((name, port) -> {
          bridge.mtu(port, bytes);
          host(name).mtu("eth0", bytes);
        });
    bridge.mtu("br0", bytes);
  }

  AgentTestCluster cluster() {
    return cluster;
  }

  Set<String> nodes() {
    return nodes.keySet();
  }

  /** Lets {@link #host} know a machine that is no node. */
  void add(String name, Host host) {
    others.put(name, host);
  }

  void connectToUnderlay(Host host, String address) {
    host.connectToBridge("eth0", underlayBridge(), "br0", "to-" + host.name());
    host.address("eth0", address + "/24");
  }

  /** Sets the prefixes that the laptop sends into its tunnel. */
  void allowOnLaptop(String allowedIps, String... routes) {
    host("laptop").exec("wg", "set", "wg0", "peer", gatewayKey, "allowed-ips", allowedIps);
    for (var route : routes) {
      host("laptop").ip("route", "replace", route, "dev", "wg0");
    }
  }

  /** One more machine, connected to nothing. */
  Host newHost(String name) {
    return hosts.create(name);
  }

  void startLaptop(PrivateKey key) throws IOException {
    startClient("laptop", key, "10.70.1.1", "node-a");
  }

  /** Starts WireGuard on a host with an address in the mesh and a node as its gateway. */
  void startClient(String name, PrivateKey key, String address, String gateway) throws IOException {
    var host = host(name);
    var keyFile = folder.resolve(name + ".key");
    Files.writeString(keyFile, key.toBase64());
    relays.add(
        host.start(
            "wg", java(WgMain.class, "-f", "wg0"), environment, folder.resolve(name + "-wg.log")));
    await().atMost(PATIENCE).until(() -> host.command("wg", "show", "wg0").run().succeeded());
    host.exec("wg", "set", "wg0", "private-key", keyFile.toString());
    host.exec(
        "wg",
        "set",
        "wg0",
        "peer",
        gatewayKey,
        "endpoint",
        (gateway.equals("node-a") ? "172.31.0.1" : "172.31.0.2") + ":51900",
        "allowed-ips",
        "10.70.0.0/16",
        "persistent-keepalive",
        "25");
    host.address("wg0", address + "/32");
    host.ip("link", "set", "wg0", "up");
    host.ip("route", "add", "10.70.0.0/16", "dev", "wg0");
  }

  /** With a new token; an agent that runs finds it there. */
  void writeKubeconfig(String node) throws IOException {
    Files.writeString(kubeconfig(node), cluster.agentKubeconfig(node, "https://" + API));
  }

  /** With the token of a node's agent, but from here. */
  List<MeshNode> listMeshNodesAsAgentOf(String node) throws IOException {
    var kubeconfig =
        Files.readString(kubeconfig(node)).replace("https://" + API, controlPlane.server());
    try (var client =
        new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig)).build()) {
      return client.resources(MeshNode.class).list().getItems();
    }
  }

  void startAgent(String node) {
    startAgent(node, Map.of());
  }

  void startAgent(String node, Map<String, String> more) {
    var environment = new HashMap<>(this.environment);
    environment.putAll(more);
    environment.put(AgentConfig.NODE_NAME, node);
    environment.put("KUBECONFIG", kubeconfig(node).toString());
    environment.put("LOG_LEVEL", "DEBUG");
    agents.put(
        node,
        host(node)
            .start(
                "agent",
                java(AgentMain.class),
                environment,
                folder.resolve(node + "-" + ++started + ".log")));
  }

  void startApi() throws IOException {
    relay =
        Relay.start(
            folder.resolve("api.sock").toString(),
            URI.create(controlPlane.server()).getAuthority());
  }

  void stopApi() throws IOException {
    if (relay != null) {
      relay.close();
      relay = null;
    }
  }

  private void startRelayOn(Host host) {
    relays.add(
        host.start(
            "relay",
            java(Relay.class, API, folder.resolve("api.sock").toString()),
            Map.of(),
            folder.resolve(host.name() + "-relay.log")));
  }

  private static List<String> java(Class<?> program, String... arguments) {
    return JavaProgram.command(List.of("-Xmx128m"), program, arguments);
  }

  String metrics(String node) {
    return host(node).exec("curl", "-sf", "http://127.0.0.1:9586/metrics");
  }

  void awaitPing(String from, String to) {
    await().atMost(PATIENCE).until(() -> host(from).ping(to).succeeded());
  }

  Host host(String name) {
    var host = name.equals("laptop") ? laptop : nodes.getOrDefault(name, others.get(name));
    if (host == null) {
      throw new IllegalArgumentException("there is no host " + name);
    }
    return host;
  }

  ManagedProcess agent(String node) {
    var agent = agents.get(node);
    if (agent == null) {
      throw new IllegalArgumentException("there is no agent on " + node);
    }
    return agent;
  }

  String log(String node) {
    try {
      return Files.readString(agent(node).log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path kubeconfig(String node) {
    return folder.resolve(node + ".kubeconfig");
  }

  @Override
  public void close() throws IOException {
    agents.values().forEach(ManagedProcess::close);
    relays.forEach(ManagedProcess::close);
    hosts.close();
    cluster.close();
    stopApi();
    try (var files = Files.list(folder)) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
