package dev.wiremesh.lab.cluster;

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
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A whole mesh on one machine: a control plane, nodes as namespaces on a bridge, the operator and
 * an agent per node as processes with no more rights than the chart gives them.
 *
 * <pre>
 *   1. lock, and sweep what a crash left          4. CRDs, roles, Node objects
 *   2. machines (namespaces, bridge)              5. operator and agents
 *   3. doors to loopback; etcd, API server        6. the user's manifests; then it is tended
 * </pre>
 *
 * <p>Thread-safe. Everything goes with {@link #close}, or with this JVM however it ends.
 */
public final class Lab implements AutoCloseable {
  private static final int API_PORT = 6443;
  private static final Duration TEND_EVERY = Duration.ofSeconds(2);
  private static final Duration HEARTBEAT_EVERY = Duration.ofSeconds(10);
  private static final Duration COMPLETE_WITHIN = Duration.ofSeconds(180);

  private final LabOptions options;
  private final Consumer<String> progress;
  private final Clock clock = Clock.systemUTC();
  private final Checkout checkout;

  // Written while starting, then only read. Closed in the reverse order.
  private final List<AutoCloseable> closeables;
  private final Map<String, Host> nodes = new LinkedHashMap<>();
  private final List<Kubelet> kubelets = new ArrayList<>();

  private final Hosts hosts;
  private final Underlay underlay;
  private final OutsideHosts outside;
  private final PortForwards doors;
  private final ControlPlane controlPlane;
  private final KubernetesClient client;
  private final Manifests manifests;
  private final Programs programs;
  private final Observer observer;
  private boolean closed;

  /** Starts a lab; on failure nothing of it is left. */
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
    this.progress = progress;
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
    this.doors = new PortForwards(underlay.control(), folder, doorTargets(), options.apiPort());
    closeables.add(doors);

    progress.accept("Starting etcd and the API server");
    this.controlPlane =
        ControlPlane.start(
            binaries,
            new ControlPlaneOptions(
                folder.path().resolve("kubernetes"),
                underlay.control().launcher(),
                Underlay.CONTROL_ADDRESS,
                Optional.of(API_PORT),
                Optional.of(doors.address(PortForwards.API)),
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
    this.observer = new Observer(client, clock);

    progress.accept("Installing the roles and the CRDs, registering the nodes");
    var registered = CompletableFuture.runAsync(this::registerNodes);
    grantRights();
    registered.join();
    // While these come to be established, the programs' JVMs start.
    var definitions = manifests.apply(checkout.crds());

    progress.accept("Starting the operator and %d agents".formatted(options.nodes()));
    this.programs = new Programs(underlay, nodes, controlPlane, checkout, folder, clock);
    closeables.add(programs);
    programs.start();
    manifests.awaitEstablished(definitions);

    var upkeep =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("lab-upkeep").factory());
    closeables.add(upkeep::shutdownNow);
    keepUp(upkeep);
    for (var each : options.apply().isEmpty() ? List.of(checkout.quickstart()) : options.apply()) {
      progress.accept("Applying " + each);
      manifests.apply(each);
    }
  }

  /** Removes what an earlier lab of this name left; only for who holds its lock. */
  public static void sweep(LabDirectory folder) {
    Hosts.sweep(folder.prefix());
    folder.delete();
  }

  private Map<String, String> doorTargets() {
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

  /** Tokens, leases, programs that ended: looked after for as long as the lab lives. */
  private void keepUp(ScheduledExecutorService upkeep) {
    every(
        TEND_EVERY,
        upkeep,
        () -> {
          controlPlane.requireAllAlive();
          programs.tend(progress);
        });
    every(HEARTBEAT_EVERY, upkeep, () -> kubelets.forEach(Kubelet::heartbeat));
  }

  private void every(Duration interval, ScheduledExecutorService upkeep, Runnable task) {
    var unused =
        upkeep.scheduleWithFixedDelay(
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                progress.accept("The lab's upkeep met a problem: " + e.getMessage());
              }
            },
            interval.toMillis(),
            interval.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  public LabDirectory folder() {
    return options.folder();
  }

  /** Speaks to the API server as an administrator. */
  public KubernetesClient client() {
    return client;
  }

  /** Names of the nodes, in order. */
  public List<String> nodes() {
    return List.copyOf(nodes.keySet());
  }

  /** Every machine by its name: the control plane's, nodes, outside hosts, machines behind them. */
  public Map<String, Host> machines() {
    var machines = new LinkedHashMap<String, Host>();
    machines.put("control", underlay.control());
    machines.putAll(nodes);
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

  /** Pulls an outside host's plug: it goes without a word to anybody. */
  public void removeHost(String name) {
    outside.remove(name);
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

  /** SIGKILL; the API server stays away until {@link #startApiServer}. */
  public void killApiServer() {
    controlPlane.killApiServer();
  }

  /** Returns when it answers again. */
  public void startApiServer() {
    try {
      controlPlane.startApiServer();
    } catch (IOException e) {
      throw new LabException("the API server does not come back: " + e.getMessage(), e);
    }
  }

  /** What is to be seen now; pings take up to a second. */
  public MeshReport report() {
    var outsiders = outside.all();
    var pings = observer.pingMatrix(machines(), members(outsiders));
    // Looked at once more: a session may have come only with the pings.
    var members = members(outsiders);
    return new MeshReport(
        folder().name(),
        controlPlane.binaries().describe(),
        folder().kubeconfig().toString(),
        controlPlane.server(),
        program(programs.operator(), "operator"),
        nodes().stream()
            .map(node ->
                new MeshReport.Node(
                    node, Underlay.addressOf(node), program(programs.agent(node), node)))
            .toList(),
        outsiders.stream()
            .map(host ->
                new MeshReport.Outside(
                    host.request().name(),
                    host.request().peer(),
                    host.request().with().toString(),
                    host.request().behindNat()))
            .toList(),
        members,
        pings);
  }

  private List<MeshReport.Member> members(List<OutsideHost> outsiders) {
    var members = new ArrayList<>(observer.members(nodes));
    outsiders.forEach(host -> members.add(observer.outsideMember(host)));
    return members;
  }

  private MeshReport.Program program(Workload workload, String door) {
    return new MeshReport.Program(
        workload.isRunning(),
        "http://" + doors.address(door) + "/metrics",
        workload.log().toString());
  }

  /** Looks until every member reaches every other one; the report says whether it came to that. */
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
    // An interrupt is how Ctrl-C ends a start; what is undone now must not be cut short by it.
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
