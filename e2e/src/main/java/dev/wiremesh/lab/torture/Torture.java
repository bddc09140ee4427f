package dev.wiremesh.lab.torture;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.cluster.ClusterNames;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.cluster.MeshReport;
import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.control.Request;
import dev.wiremesh.lab.torture.TortureReport.Check;
import dev.wiremesh.lab.torture.TortureReport.Outcome;
import dev.wiremesh.testkit.process.Tools;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A torture run on a running lab: a storm of changes and hostile manifests while the operator is
 * killed and the API server is away; then kills of the agents; then the checks.
 *
 * <p>Owned by one thread. {@link #close} removes everything that the run made.
 */
public final class Torture implements AutoCloseable {
  private static final String PREFIX = "torture";
  private static final String LAPTOPS = PREFIX + "-laptops";
  private static final int STORM_PEERS = 20;
  private static final int PASSES = 20;
  private static final Duration TELL_EVERY = Duration.ofSeconds(2);

  /** Generous: it says that something happens, not how fast the machine is. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final ControlClient control;
  private final KubernetesClient client;
  private final TortureOptions options;
  private final Consumer<String> progress;
  private final MeshReport before;
  private final String network;
  private final StormScope scope;
  private final Path logs;
  private final Map<String, Integer> figures = new LinkedHashMap<>();
  private final List<Check> checks = new ArrayList<>();
  private final List<String> hosts = new ArrayList<>();
  private final List<PingCount> pings = new ArrayList<>();
  private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
  private final List<HostileManifest> accepted = new ArrayList<>();

  /**
   * Requires a complete mesh.
   *
   * @param client with an administrator's rights
   * @param progress receives lines
   */
  public Torture(
      ControlClient control,
      KubernetesClient client,
      TortureOptions options,
      Consumer<String> progress)
      throws IOException {
    this.control = control;
    this.client = client;
    this.options = options;
    this.progress = progress;
    this.before = status();
    if (!before.complete()) {
      throw new LabException("not every node reaches every other one yet: wait, then try again");
    }
    this.network = before.members().getFirst().network();
    this.scope = new StormScope(PREFIX, List.of(network), STORM_PEERS);
    this.logs = Files.createTempDirectory("wiremesh-torture-");
  }

  /** Runs to the end. */
  public TortureReport run() throws InterruptedException {
    progress.accept("Connecting %d laptops".formatted(options.laptops()));
    connectLaptops();
    var laptops = identities(LAPTOPS + "/");
    startPings();
    storm();
    int lost = pings.stream().mapToInt(PingCount::lost).sum();
    figures.put("pings lost", lost);
    check(
        "no ping is lost while the operator and the API server are killed",
        () ->
            lost == 0
                ? ""
                : pings.stream()
                    .filter(ping -> ping.lost() > 0)
                    .map(ping -> ping.name() + ": " + ping.lost())
                    .toList()
                    .toString());
    stopPings();
    restartAgents();
    settle(laptops);
    return new TortureReport(options.seed(), figures, outcomes, List.copyOf(checks));
  }

  private MeshReport status() {
    return control.ask(Request.of(Request.Command.STATUS), MeshReport.class);
  }

  private void request(Request.Command command, Map<String, String> arguments) {
    var _ = control.ask(new Request(command, arguments), Map.class);
  }

  private void connectLaptops() throws InterruptedException {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(LAPTOPS).endMetadata().build())
        .serverSideApply();
    for (int i = 0; i < options.laptops(); i++) {
      var name = "laptop-" + i;
      var peer = new Peer();
      peer.getMetadata().setNamespace(LAPTOPS);
      peer.getMetadata().setName(name);
      peer.getSpec().networkRef.name = network;
      peer.setStatus(null);
      client.resource(peer).serverSideApply();
      await(
          "the Peer " + name + " gets its configuration",
          () ->
              Conditions.isTrue(
                      client
                          .resources(Peer.class)
                          .inNamespace(LAPTOPS)
                          .withName(name)
                          .get()
                          .getStatus()
                          .conditions,
                      ConditionType.CONFIG_PUBLISHED)
                  ? ""
                  : "it has none");
      var host = "t-laptop-" + i;
      hosts.add(host);
      var arguments = new LinkedHashMap<String, String>();
      arguments.put("name", host);
      arguments.put("peer", LAPTOPS + "/" + name);
      arguments.put("with", Tools.find("wireguard-go").isPresent() ? "wireguard-go" : "wiremesh");
      arguments.put("nat", Boolean.toString(i % 2 == 1));
      arguments.put("lan", "");
      var _ = control.ask(new Request(Request.Command.ADD_HOST, arguments), Request.NewHost.class);
    }
    await("the laptops reach the nodes", this::unreachedByLaptops);
  }

  /** The failed pings of laptops; empty if there is none. */
  private String unreachedByLaptops() {
    return failedPings(ping -> hosts.contains(ping.from()));
  }

  /** The first failed ping between nodes; empty if there is none. */
  private String unreachedByNodes() {
    return failedPings(ping -> !hosts.contains(ping.from()));
  }

  /** Looks at the lasting network only: hostile ones need not work. */
  private String failedPings(Predicate<MeshReport.Ping> which) {
    var report = status();
    var addresses =
        report.members().stream()
            .filter(member -> member.network().equals(network))
            .filter(member ->
                before.nodes().stream().anyMatch(node -> node.name().equals(member.machine())))
            .flatMap(member -> member.addresses().stream())
            .collect(Collectors.toSet());
    return report.pings().stream()
        .filter(which)
        .filter(ping -> addresses.contains(ping.address()) && !ping.answered())
        .map(ping -> ping.from() + " does not reach " + ping.to() + " at " + ping.address())
        .findFirst()
        .orElse("");
  }

  private Map<String, String> identities(String prefix) {
    var identities = new MeshInvariants(client, ClusterNames.NAMESPACE).identities();
    identities.keySet().removeIf(name -> !name.startsWith(prefix));
    return identities;
  }

  private void startPings() {
    var members = status().members().stream().filter(it -> it.network().equals(network)).toList();
    var nodes =
        members.stream()
            .filter(it -> before.nodes().stream().anyMatch(n -> n.name().equals(it.machine())))
            .toList();
    for (int i = 0; i < nodes.size(); i++) {
      startPing(nodes.get(i).machine(), nodes.get((i + 1) % nodes.size()));
    }
    hosts.forEach(host -> startPing(host, nodes.getFirst()));
  }

  private void startPing(String machine, MeshReport.Member target) {
    if (machine.equals(target.machine())) {
      return;
    }
    var keeper =
        control.ask(
            new Request(Request.Command.MACHINE, Map.of("name", machine)), Request.Machine.class);
    var name = machine + " to " + target.machine();
    pings.add(
        new PingCount(
            name,
            keeper.keeperPid(),
            target.addresses().getFirst(),
            logs.resolve(name.replace(' ', '-') + ".log")));
  }

  private void stopPings() {
    pings.forEach(PingCount::close);
    pings.clear();
  }

  /** Changes and manifests for the whole duration, with kills and outages between them. */
  private void storm() throws InterruptedException {
    progress.accept("The storm of seed %d begins".formatted(options.seed()));
    var storm = new Storm(client, scope, options.seed());
    storm.begin();
    var manifests =
        new HostileManifests(PREFIX, network, scope.namespaces(), options.seed())
            .take(options.manifests());
    var random = new Random(options.seed() + 1);
    long began = System.nanoTime();
    long length = options.duration().toNanos();
    long tellAt = began;
    long killAt = began + length / 20;
    long outageAt = began + length / 2;
    int sent = 0;
    int kills = 0;
    while (true) {
      long now = System.nanoTime();
      if (now - began > length && sent == manifests.size()) {
        break;
      }
      storm.step();
      while (sent < manifests.size()
          && (now - began) / (double) length * manifests.size() >= sent) {
        send(manifests.get(sent++));
      }
      if (now > killAt) {
        request(Request.Command.RESTART, Map.of("name", "operator"));
        kills++;
        killAt = now + TimeUnit.MILLISECONDS.toNanos(2_000 + random.nextInt(6_000));
      }
      if (now > outageAt) {
        progress.accept("The API server is killed, and away for 3 s");
        request(Request.Command.API_OUTAGE, Map.of("milliseconds", "3000"));
        outageAt = Long.MAX_VALUE;
      }
      if (now > tellAt) {
        progress.accept(
            "%3.0f s: %d steps, %d of %d manifests, %d kills of the operator"
                .formatted((now - began) / 1e9, storm.done(), sent, manifests.size(), kills));
        tellAt = now + TELL_EVERY.toNanos();
      }
      TimeUnit.MILLISECONDS.sleep(20 + random.nextInt(60));
    }
    figures.put("steps", storm.done());
    figures.put("steps refused by the API server", storm.refused());
    figures.put("kills of the operator", kills);
  }

  private void send(HostileManifest manifest) {
    try {
      client.raw(manifest.path(), "POST", manifest.object());
      accepted.add(manifest);
    } catch (KubernetesClientException e) {
      var outcome = refusal(e);
      if (outcome == Outcome.ERROR) {
        progress.accept(manifest.label() + ": " + e.getMessage());
      }
      outcomes.merge(outcome, 1, Integer::sum);
    }
  }

  private static Outcome refusal(KubernetesClientException e) {
    var message = String.valueOf(e.getMessage());
    if (message.contains("ValidatingAdmissionPolicy")) {
      return Outcome.REFUSED_BY_POLICY;
    }
    if (message.contains("Too long") && message.contains("metadata.annotations")
        || message.contains("too large")) {
      return Outcome.REFUSED_BY_SIZE;
    }
    return switch (e.getCode()) {
      case 422, HttpURLConnection.HTTP_BAD_REQUEST -> Outcome.REFUSED_BY_SCHEMA;
      case HttpURLConnection.HTTP_ENTITY_TOO_LARGE -> Outcome.REFUSED_BY_SIZE;
      default -> Outcome.ERROR;
    };
  }

  private void restartAgents() throws InterruptedException {
    for (var node : before.nodes()) {
      progress.accept("The agent of %s is killed".formatted(node.name()));
      request(Request.Command.RESTART, Map.of("name", node.name()));
    }
    figures.put("kills of agents", before.nodes().size());
    await("every node reaches every other one again", this::unreachedByNodes);
  }

  private void settle(Map<String, String> laptops) throws InterruptedException {
    progress.accept(
        "The storm is over: everything must be right within %d s"
            .formatted(options.settle().toSeconds()));
    checkWithin(
        "every object has one address, one key, one Secret and its status",
        () -> first(new MeshInvariants(client, ClusterNames.NAMESPACE).violations()));
    judgeAccepted();
    check(
        "every accepted manifest has an answer in its status",
        () ->
            outcomes.containsKey(Outcome.UNANSWERED)
                ? outcomes.get(Outcome.UNANSWERED) + " have none"
                : "");
    check(
        "the laptops' addresses and keys are as before",
        () -> identities(LAPTOPS + "/").equals(laptops) ? "" : "they changed");
    checkWithin("every agent is ready", this::unreadyAgent);
    checkWithin("every node reaches every other one", this::unreachedByNodes);
    checkWithin("the laptops are connected", this::unreachedByLaptops);
    check("no program has ended by itself", this::failedProgram);
  }

  private static String first(List<String> violations) {
    return violations.isEmpty()
        ? ""
        : violations.getFirst()
            + (violations.size() == 1 ? "" : " (and %d more)".formatted(violations.size() - 1));
  }

  private String unreadyAgent() {
    return client.resources(MeshNode.class).list().getItems().stream()
        .filter(node -> node.getSpec().networkRef.name.equals(network))
        .filter(node ->
            before.nodes().stream().anyMatch(it -> it.name().equals(node.getSpec().nodeName)))
        .filter(node -> !Conditions.isTrue(node.getStatus().conditions, ConditionType.READY))
        .map(node ->
            node.getMetadata().getName()
                + ": "
                + Conditions.find(node.getStatus().conditions, ConditionType.READY)
                    .map(Condition::getMessage)
                    .orElse("no condition Ready"))
        .findFirst()
        .orElse("");
  }

  private String failedProgram() {
    var now = status();
    var failed = new ArrayList<String>();
    if (now.operator().failures() > before.operator().failures()) {
      failed.add("the operator: " + now.operator().log());
    }
    for (int i = 0; i < now.nodes().size(); i++) {
      if (now.nodes().get(i).agent().failures() > before.nodes().get(i).agent().failures()) {
        failed.add(
            "the agent of %s: %s"
                .formatted(now.nodes().get(i).name(), now.nodes().get(i).agent().log()));
      }
    }
    return String.join(", ", failed);
  }

  private void judgeAccepted() {
    for (var manifest : accepted) {
      var outcome = outcome(manifest);
      if (outcome == Outcome.UNANSWERED) {
        progress.accept(manifest.label() + " has no up-to-date status");
      }
      outcomes.merge(outcome, 1, Integer::sum);
    }
  }

  private Outcome outcome(HostileManifest manifest) {
    if (manifest.kind().equals("Peer")) {
      var peer =
          client
              .resources(Peer.class)
              .inNamespace(manifest.namespace())
              .withName(manifest.name())
              .get();
      return peer == null
          ? Outcome.GONE
          : outcome(
              peer.getMetadata().getGeneration(),
              peer.getStatus().observedGeneration,
              peer.getStatus().conditions,
              peer.getStatus().routes.stream()
                  .anyMatch(route -> route.state != PeerStatus.RouteState.ACCEPTED));
    }
    var network = client.resources(WireGuardNetwork.class).withName(manifest.name()).get();
    return network == null
        ? Outcome.GONE
        : outcome(
            network.getMetadata().getGeneration(),
            network.getStatus().observedGeneration,
            network.getStatus().conditions,
            false);
  }

  private static Outcome outcome(
      Long generation, Long observed, List<Condition> conditions, boolean routesRefused) {
    if (!Objects.equals(generation, observed) || conditions.isEmpty()) {
      return Outcome.UNANSWERED;
    }
    boolean isRefused =
        Stream.of(
                ConditionType.ACCEPTED,
                ConditionType.ADDRESS_ALLOCATED,
                ConditionType.KEY_READY,
                ConditionType.CONFIG_PUBLISHED)
            .map(type -> Conditions.find(conditions, type))
            .flatMap(Optional::stream)
            .anyMatch(condition -> Conditions.has(condition, ConditionStatus.FALSE));
    return isRefused || routesRefused ? Outcome.REFUSED_IN_STATUS : Outcome.IN_FORCE;
  }

  private void check(String invariant, Supplier<String> problem) {
    var found = problem.get();
    checks.add(new Check(invariant, found));
    progress.accept(found.isEmpty() ? "Holds: " + invariant : "FAILS: " + invariant + ": " + found);
  }

  private void checkWithin(String invariant, Supplier<String> problem) throws InterruptedException {
    long deadline = System.nanoTime() + options.settle().toNanos();
    var last = poll(deadline, invariant, problem);
    check(invariant, () -> last);
  }

  private void await(String what, Supplier<String> problem) throws InterruptedException {
    var last = poll(System.nanoTime() + PATIENCE.toNanos(), what, problem);
    if (!last.isEmpty()) {
      throw new LabException("waited %s until %s: %s".formatted(PATIENCE, what, last));
    }
  }

  /** Asks until there is no problem; returns the last one at the deadline. */
  private String poll(long deadline, String what, Supplier<String> problem)
      throws InterruptedException {
    long tellAt = System.nanoTime() + TELL_EVERY.toNanos();
    while (true) {
      String found;
      try {
        found = problem.get();
      } catch (KubernetesClientException e) {
        found = String.valueOf(e.getMessage());
      }
      if (found.isEmpty() || System.nanoTime() > deadline) {
        return found;
      }
      if (System.nanoTime() > tellAt) {
        progress.accept("Waiting until %s: %s".formatted(what, found));
        tellAt = System.nanoTime() + TELL_EVERY.toNanos();
      }
      TimeUnit.MILLISECONDS.sleep(300);
    }
  }

  /** Removes the laptops and all objects of the run. */
  @Override
  public void close() {
    progress.accept("Removing everything that the run made");
    // Ctrl-C interrupts a run; the clean-up must not be cut short by it.
    boolean isInterrupted = Thread.interrupted();
    stopPings();
    for (var host : hosts) {
      try {
        request(Request.Command.REMOVE_HOST, Map.of("name", host));
      } catch (LabException e) {
        // It was not made, or the lab has just ended.
        continue;
      }
    }
    removeObjects();
    try (var files = Files.list(logs)) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(logs);
    } catch (IOException e) {
      progress.accept("Cannot remove " + logs + ": " + e.getMessage());
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void removeObjects() {
    IntStream.range(0, options.manifests())
        .mapToObj(i -> PREFIX + "-h" + i)
        .forEach(name -> client.resources(WireGuardNetwork.class).withName(name).delete());
    client.resources(Peer.class).inNamespace(LAPTOPS).delete();
    client.namespaces().withName(LAPTOPS).delete();
    Storm.cleanUp(client, scope);
    try {
      // An address that the operator was about to release comes back once more.
      for (int pass = 0; pass < PASSES && removeKept() > 0; pass++) {
        TimeUnit.MILLISECONDS.sleep(500);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Removes the addresses, Secrets and claims that the operator keeps for a day; counts them. */
  private int removeKept() {
    int removed = 0;
    for (var allocation : client.resources(IPAllocation.class).list().getItems()) {
      var owner = allocation.getSpec().owner;
      boolean isOurs =
          isOurs(allocation.getSpec().network)
              || isOurs(owner.namespace)
              || isOurs(owner.name.substring(owner.name.indexOf('.') + 1));
      if (isOurs) {
        client.resource(allocation).delete();
        removed++;
      }
    }
    for (var secret : client.secrets().inNamespace(ClusterNames.NAMESPACE).list().getItems()) {
      var labels = secret.getMetadata().getLabels();
      if (labels != null && isOurs(labels.get(Labels.NETWORK))) {
        client.resource(secret).delete();
        removed++;
      }
    }
    for (var claim :
        client
            .leases()
            .inNamespace(ClusterNames.NAMESPACE)
            .withLabel(Labels.CLAIM)
            .list()
            .getItems()) {
      if (isOurs(claim.getSpec().getHolderIdentity())) {
        client.resource(claim).delete();
        removed++;
      }
    }
    return removed;
  }

  private static boolean isOurs(@Nullable String name) {
    return name != null && name.startsWith(PREFIX + "-");
  }
}
