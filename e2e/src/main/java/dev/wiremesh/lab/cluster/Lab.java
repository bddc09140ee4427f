package dev.wiremesh.lab.cluster;

import dev.wiremesh.testkit.host.Capture;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.kubernetes.ControlPlaneOptions;
import dev.wiremesh.testkit.kubernetes.KubernetesSource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A whole mesh on one machine: a control plane, nodes as namespaces on a bridge, the operator and
 * an agent per node as processes with exactly the rights that the chart gives them.
 *
 * <pre>
 *   1. lock, remove the remains of a crash        4. CRDs, roles, Node objects
 *   2. machines (namespaces, bridge)              5. operator and agents
 *   3. port forwards; etcd, API server            6. the user's manifests; then upkeep
 * </pre>
 *
 * <p>Thread-safe. {@link #close} removes everything; so does the end of this JVM, also by SIGKILL.
 */
public final class Lab implements AutoCloseable {
  private static final int API_PORT = 6443;

  private static final Duration COMPLETE_WITHIN = Duration.ofSeconds(180);

  private final LabOptions options;
  private final Clock clock = Clock.systemUTC();
  private final Checkout checkout;

  // Written by the constructor, then only read. Closed in the reverse order.
  private final List<AutoCloseable> closeables;
  private final Map<String, Host> nodes = new LinkedHashMap<>();
  private final List<Kubelet> kubelets = new ArrayList<>();

  private final Hosts hosts;
  private final Underlay underlay;
  private final OutsideHosts outside;
  private final PortForwards forwards;
  private final ControlPlane controlPlane;
  private final KubernetesClient client;
  private final Manifests manifests;
  private final Programs programs;
  private final LabReports reports;
  private boolean closed;

  /** Starts a lab; on failure, removes everything that it made. */
  public static Lab start(
      LabOptions options, Map<String, String> environment, Consumer<String> progress) {
    var closeables = new ArrayList<AutoCloseable>();
    closeables.add(options.folder().hold());
    try {
      return new Lab(options, environment, progress, closeables);
    } catch (IOException e) {
      closeAll(closeables);
      throw new LabException("the lab cannot start: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      closeAll(closeables);
      throw e;
    }
  }

  private Lab(
      LabOptions options,
      Map<String, String> environment,
      Consumer<String> progress,
      List<AutoCloseable> closeables)
      throws IOException {
    this.options = options;
    this.closeables = closeables;
    this.checkout = Checkout.find(environment);
    options.apply().forEach(Manifests::check);
    var folder = options.folder();
    sweep(folder);
    var binaries = new KubernetesSource(environment, progress).get();
    folder.create();
    closeables.add(folder::delete);

    progress.accept("Making %d nodes, each in namespaces of its own".formatted(options.nodes()));
    this.hosts = Hosts.named(folder.prefix());
    closeables.add(hosts);
    this.underlay = new Underlay(hosts);
    for (int number = 1; number <= options.nodes(); number++) {
      nodes.put(Underlay.nodeName(number), underlay.createNode(number));
    }
    this.forwards =
        new PortForwards(underlay.control(), folder, forwardTargets(), options.apiPort());
    closeables.add(forwards);

    progress.accept("Starting etcd and the API server");
    this.controlPlane =
        ControlPlane.start(
            binaries,
            new ControlPlaneOptions(
                folder.path().resolve("kubernetes"),
                underlay.control().launcher(),
                Underlay.CONTROL_ADDRESS,
                Optional.of(API_PORT),
                Optional.of(forwards.address(PortForwards.API)),
                Underlay.SERVICE_CIDR,
                Underlay.POD_CIDR));
    closeables.add(controlPlane);
    Files.copy(controlPlane.adminKubeconfigFile(), folder.kubeconfig());
    this.client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(controlPlane.adminKubeconfig()))
            .build();
    closeables.add(client);
    this.manifests = new Manifests(client);
    this.outside = new OutsideHosts(hosts, underlay, client, checkout, folder.logs());

    progress.accept("Installing the roles and the CRDs, registering the nodes");
    var registered = CompletableFuture.runAsync(this::registerNodes);
    grantRights();
    registered.join();
    // The programs' JVMs start while these become established.
    var definitions = manifests.apply(checkout.crds());

    progress.accept("Starting the operator and %d agents".formatted(options.nodes()));
    this.programs = new Programs(underlay, nodes, controlPlane, checkout, folder, clock);
    closeables.add(programs);
    programs.start();
    manifests.awaitEstablished(definitions);
    this.reports =
        new LabReports(
            folder, controlPlane, programs, forwards, outside, new Observer(client, clock));

    var upkeep = new Upkeep(controlPlane, programs, kubelets, progress);
    closeables.add(upkeep);
    upkeep.start();
    for (var each : options.apply().isEmpty() ? List.of(checkout.quickstart()) : options.apply()) {
      progress.accept("Applying " + each);
      manifests.apply(each);
    }
  }

  /** Removes the remains of an earlier lab of this name; the caller holds its lock. */
  public static void sweep(LabDirectory folder) {
    Hosts.sweep(folder.prefix());
    folder.delete();
  }

  private Map<String, String> forwardTargets() {
    var targets = new LinkedHashMap<String, String>();
    targets.put(PortForwards.API, Underlay.CONTROL_ADDRESS + ":" + API_PORT);
    targets.put("operator", Programs.operatorHttp());
    for (int number = 1; number <= options.nodes(); number++) {
      targets.put(Underlay.nodeName(number), Programs.agentHttp(number));
    }
    return targets;
  }

  private void grantRights() {
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(ClusterNames.NAMESPACE)
                .endMetadata()
                .build())
        .serverSideApply();
    manifests.apply(checkout.roles());
    manifests.apply(checkout.admission());
  }

  private void registerNodes() {
    for (int number = 1; number <= options.nodes(); number++) {
      var kubelet =
          new Kubelet(
              client,
              clock,
              Underlay.nodeName(number),
              Underlay.nodeAddress(number),
              Underlay.podCidr(number));
      kubelet.register();
      kubelets.add(kubelet);
    }
  }

  public LabDirectory folder() {
    return options.folder();
  }

  /** A client with administrator rights. */
  public KubernetesClient client() {
    return client;
  }

  /** Names of the nodes, in order. */
  public List<String> nodes() {
    return List.copyOf(nodes.keySet());
  }

  /** All machines by name: the control plane's, nodes, outside hosts, machines behind them. */
  public Map<String, Host> machines() {
    var machines = new LinkedHashMap<String, Host>();
    machines.put("control", underlay.control());
    machines.putAll(nodes);
    machines.putAll(outside.machines());
    for (var host : outside.all()) {
      host.machines().forEach(machine -> machines.put(machine.name(), machine));
    }
    return machines;
  }

  /** A machine of the lab, node or outside host. */
  public Host machine(String name) {
    return Optional.ofNullable(machines().get(name))
        .orElseThrow(() ->
            new LabException(
                "there is no machine '%s' in this lab; there are: %s"
                    .formatted(name, String.join(", ", machines().keySet()))));
  }

  /** Applies manifests as an administrator. */
  public void apply(Path fileOrFolder) {
    manifests.apply(fileOrFolder);
  }

  /** Applies a YAML text as an administrator. */
  public void apply(String yaml) {
    manifests.apply(
        "the manifest", new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)));
  }

  /** Makes an outside host; returns when its interface is up. */
  public OutsideHost addHost(HostRequest request) {
    return outside.add(request, name -> machines().containsKey(name));
  }

  /** Removes an outside host as a power cut would: no peer is told. */
  public void removeHost(String name) {
    outside.remove(name);
  }

  /** Makes a machine without any device, for an edge that is built piece by piece. */
  public Host addMachine(String name) {
    return outside.addMachine(name, taken -> machines().containsKey(taken));
  }

  /** Connects a machine to the underlay, by a default route too; returns its address there. */
  public String plugIn(Host machine, String device) {
    return outside.plugIn(machine, device);
  }

  /**
   * Makes a machine that {@link #addMachine} made an outside host of its name; returns when its
   * interface is up.
   */
  public OutsideHost configure(HostRequest request) {
    return outside.configure(request);
  }

  /** Removes a machine that {@link #addMachine} made as a power cut would. */
  public void removeMachine(String name) {
    outside.removeMachine(name);
  }

  /** A capture on the bridge that carries all packets of the underlay. */
  public Capture captureUnderlay(String filter) {
    return underlay.control().capture(Underlay.BRIDGE, filter);
  }

  /** The checkout that the lab runs from. */
  public Checkout checkout() {
    return checkout;
  }

  /** SIGKILL; the operator stays away until {@link #startOperator}. */
  public void killOperator() {
    programs.operator().kill();
  }

  public void startOperator() {
    programs.operator().start();
  }

  /** SIGKILL; the agent stays away until {@link #startAgent}. */
  public void killAgent(String node) {
    programs.agent(node).kill();
  }

  public void startAgent(String node) {
    programs.agent(node).start();
  }

  /** SIGSTOP; the agent lives, and does nothing until {@link #thawAgent}. */
  public void freezeAgent(String node) {
    programs.agent(node).freeze();
  }

  public void thawAgent(String node) {
    programs.agent(node).thaw();
  }

  /** SIGKILL to the operator, or to the agent of a node, and a new start. */
  public void restart(String operatorOrNode) {
    (operatorOrNode.equals("operator") ? programs.operator() : programs.agent(operatorOrNode))
        .restart();
  }

  /** SIGKILL; the API server stays away until {@link #startApiServer}. */
  public void killApiServer() {
    controlPlane.killApiServer();
  }

  /** Returns when the API server answers again. */
  public void startApiServer() {
    try {
      controlPlane.startApiServer();
    } catch (IOException e) {
      throw new LabException("the API server does not come back: " + e.getMessage(), e);
    }
  }

  /** Observes the mesh; the pings take up to a second. */
  public MeshReport report() {
    return reports.of(nodes, machines());
  }

  /**
   * Waits, with a limit, until the mesh is {@link MeshReport#complete}; returns the last report.
   */
  public MeshReport awaitComplete() {
    var deadline = System.nanoTime() + COMPLETE_WITHIN.toNanos();
    while (true) {
      var report = report();
      if (report.complete() || System.nanoTime() > deadline) {
        return report;
      }
      try {
        Thread.sleep(200);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LabException("interrupted while the mesh comes up", e);
      }
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    closeAll(closeables);
  }

  private static void closeAll(List<AutoCloseable> closeables) {
    // Ctrl-C interrupts a start; the clean-up must not be cut short by it.
    var interrupted = Thread.interrupted();
    for (var each : closeables.reversed()) {
      try {
        each.close();
      } catch (Exception e) {
        System.err.println("wiremesh: while ending the lab: " + e.getMessage());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
