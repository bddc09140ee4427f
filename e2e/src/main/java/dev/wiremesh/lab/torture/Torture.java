package dev.wiremesh.lab.torture;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.lab.cluster.ClusterNames;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.cluster.MeshReport;
import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.control.Request;
import dev.wiremesh.lab.torture.TortureReport.Outcome;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

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
  private static final Duration TELL_EVERY = Duration.ofSeconds(2);

  private final ControlClient control;
  private final KubernetesClient client;
  private final TortureOptions options;
  private final Consumer<String> progress;
  private final MeshReport before;
  private final String network;
  private final StormScope scope;
  private final Checklist checklist;
  private final TortureTraffic traffic;
  private final ManifestOutcomes manifests;
  private final Map<String, Integer> figures = new LinkedHashMap<>();

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
    this.checklist = new Checklist(options.settle(), progress);
    this.traffic = new TortureTraffic(control, client, checklist, before, LAPTOPS);
    this.manifests = new ManifestOutcomes(client, progress);
  }

  /** Runs to the end. */
  public TortureReport run() throws InterruptedException {
    progress.accept("Connecting %d laptops".formatted(options.laptops()));
    traffic.connectLaptops(options.laptops());
    var laptops = identities(LAPTOPS + "/");
    traffic.startPings();
    storm();
    var lost = traffic.lostPings();
    figures.put("pings lost", lost.values().stream().mapToInt(Integer::intValue).sum());
    checklist.check(
        "no ping is lost while the operator and the API server are killed",
        () -> lost.isEmpty() ? "" : lost.toString());
    traffic.stopPings();
    restartAgents();
    settle(laptops);
    return new TortureReport(options.seed(), figures, manifests.counts(), checklist.results());
  }

  private MeshReport status() {
    return control.ask(Request.of(Request.Command.STATUS), MeshReport.class);
  }

  private void request(Request.Command command, Map<String, String> arguments) {
    var _ = control.ask(new Request(command, arguments), Map.class);
  }

  private Map<String, String> identities(String prefix) {
    var identities = new MeshInvariants(client, ClusterNames.NAMESPACE).identities();
    identities.keySet().removeIf(name -> !name.startsWith(prefix));
    return identities;
  }

  /** Changes and manifests for the whole duration, with kills and outages between them. */
  private void storm() throws InterruptedException {
    progress.accept("The storm of seed %d begins".formatted(options.seed()));
    var storm = new Storm(client, scope, options.seed());
    storm.begin();
    var hostile =
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
      if (now - began > length && sent == hostile.size()) {
        break;
      }
      storm.step();
      while (sent < hostile.size() && (now - began) / (double) length * hostile.size() >= sent) {
        manifests.send(hostile.get(sent++));
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
                .formatted((now - began) / 1e9, storm.done(), sent, hostile.size(), kills));
        tellAt = now + TELL_EVERY.toNanos();
      }
      TimeUnit.MILLISECONDS.sleep(20 + random.nextInt(60));
    }
    figures.put("steps", storm.done());
    figures.put("steps refused by the API server", storm.refused());
    figures.put("kills of the operator", kills);
  }

  private void restartAgents() throws InterruptedException {
    for (var node : before.nodes()) {
      progress.accept("The agent of %s is killed".formatted(node.name()));
      request(Request.Command.RESTART, Map.of("name", node.name()));
    }
    figures.put("kills of agents", before.nodes().size());
    checklist.await("every node reaches every other one again", traffic::unreachedByNodes);
  }

  private void settle(Map<String, String> laptops) throws InterruptedException {
    progress.accept(
        "The storm is over: everything must be right within %d s"
            .formatted(options.settle().toSeconds()));
    checklist.checkWithin(
        "every object has one address, one key, one Secret and its status",
        () -> first(new MeshInvariants(client, ClusterNames.NAMESPACE).violations()));
    manifests.judgeAccepted();
    checklist.check(
        "every accepted manifest has an answer in its status",
        () ->
            manifests.counts().containsKey(Outcome.UNANSWERED)
                ? manifests.counts().get(Outcome.UNANSWERED) + " have none"
                : "");
    checklist.check(
        "the laptops' addresses and keys are as before",
        () -> identities(LAPTOPS + "/").equals(laptops) ? "" : "they changed");
    checklist.checkWithin("every agent is ready", this::unreadyAgent);
    checklist.checkWithin("every node reaches every other one", traffic::unreachedByNodes);
    checklist.checkWithin("the laptops are connected", traffic::unreachedByLaptops);
    checklist.check("no program has ended by itself", this::failedProgram);
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

  /** Removes the laptops and all objects of the run. */
  @Override
  public void close() {
    progress.accept("Removing everything that the run made");
    // Ctrl-C interrupts a run; the clean-up must not be cut short by it.
    boolean isInterrupted = Thread.interrupted();
    try {
      traffic.close();
    } catch (IOException e) {
      progress.accept("Cannot remove the logs of pings: " + e.getMessage());
    }
    new TortureCleanup(client, scope, PREFIX, LAPTOPS, options.manifests()).remove();
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
