package dev.wiremesh.e2e.storm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.lab.torture.MeshInvariants;
import dev.wiremesh.lab.torture.Storm;
import dev.wiremesh.lab.torture.StormScope;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.kubernetes.FaultProxy.Fault;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two operators are killed by SIGKILL at random moments of a storm of changes, on paths to the API
 * server that are slow, silent, cut and absent. Some of the starts skip the leader election, so
 * that both lead at once. When the storm is over, every object is right within 30 seconds.
 *
 * <p>{@code -Dstorm.seed=N} replays the steps, the kills and the faults of a seed in their order.
 *
 * <p>Takes a minute: it starts operators, kills them, and restarts the API server.
 */
@RequiresKubernetes(own = true)
@ConcurrentClass
final class OperatorStormTest {
  private static final String OPERATOR_NAMESPACE = "wiremesh-system";

  /** Patience on a machine that does other work too; the goal, which is printed, is 30 seconds. */
  private static final Duration QUIET = Duration.ofSeconds(120);

  private static final int RESIDENTS = 3;

  private final ControlPlane controlPlane;
  private final KubernetesClient admin;
  private final StormScope scope = new StormScope("storm", List.of("resident"), 20);
  private final List<OperatorProcess> operators = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicInteger kills = new AtomicInteger();

  /** The public keys that each generated Peer has had, by its uid. */
  private final Map<String, Set<String>> keys = new ConcurrentHashMap<>();

  @TempDir private Path folder;

  OperatorStormTest(ControlPlane controlPlane) throws IOException {
    this.controlPlane = controlPlane;
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    admin =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(config)
                    .withRequestRetryBackoffLimit(0)
                    .withRequestTimeout(5_000)
                    .build())
            .build();
    apply(Path.of("../helm/wiremesh/crds"));
    await().atMost(Duration.ofSeconds(60)).until(() -> admin.resources(Peer.class).list() != null);
    admin
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(OPERATOR_NAMESPACE)
                .endMetadata()
                .build())
        .serverSideApply();
    apply(Path.of("../helm/wiremesh/files/rbac"));
  }

  private void apply(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      for (var file : files.sorted().toList()) {
        try (var text = Files.newInputStream(file)) {
          admin.load(text).items().forEach(it -> admin.resource(it).serverSideApply());
        }
      }
    }
  }

  @AfterEach
  void close() throws IOException {
    over.countDown();
    for (var operator : operators) {
      operator.close();
    }
    admin.close();
  }

  @Test
  @Tag("long")
  void fewKillsLeaveOneAddressOneKeyAndOneSecretEach() throws Exception {
    storm(Long.getLong("storm.seed", 20260301L), 16, 1);
  }

  /** Takes five minutes: 200 starts of an operator. */
  @Test
  @Tag("long")
  void twoHundredKillsLeaveOneAddressOneKeyAndOneSecretEach() throws Exception {
    storm(Long.getLong("storm.seed", System.nanoTime()), 200, 4);
  }

  private void storm(long seed, int wantedKills, int apiServerRestarts) throws Exception {
    System.err.println("The storm of -Dstorm.seed=" + seed + " begins");
    var token =
        controlPlane.requestToken(OPERATOR_NAMESPACE, "wiremesh-operator", Duration.ofHours(2));
    var processes = Files.createDirectory(folder.resolve("operators"));
    for (var name : List.of("one", "two")) {
      operators.add(new OperatorProcess(name, processes, controlPlane, token));
    }
    if (wantedKills > 50) {
      operators.getFirst().train();
    }
    for (var operator : operators) {
      operator.start(true);
    }
    var residents = settleResidents();
    watchKeys();

    var storm = new Storm(admin, scope, seed);
    storm.begin();
    try (var threads = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      var running = new ArrayList<Future<?>>();
      for (int i = 0; i < operators.size(); i++) {
        var operator = operators.get(i);
        var random = new Random(seed + 1 + i);
        running.add(
            threads.submit(() -> {
              killRepeatedly(operator, wantedKills / operators.size(), random);
              return null;
            }));
      }
      var steps =
          threads.submit(() -> {
            var random = new Random(seed + 10);
            do {
              storm.step();
            } while (!over.await(20 + random.nextInt(60), TimeUnit.MILLISECONDS));
            return null;
          });
      var faults =
          threads.submit(() -> {
            disturb(new Random(seed + 20), wantedKills, apiServerRestarts);
            return null;
          });
      try {
        join(running);
      } finally {
        over.countDown();
      }
      join(List.of(steps, faults));
    }

    for (var operator : operators) {
      operator.awaitStart(Duration.ofMinutes(2));
    }
    var seconds = awaitInvariants(seed);
    assertThat(storm.done()).as("steps of the storm").isGreaterThan(5 * wantedKills);
    assertThat(identitiesOfResidents()).as("seed " + seed).isEqualTo(residents);
    assertThat(keys.values()).as("seed " + seed).allSatisfy(each -> assertThat(each).hasSize(1));
    System.err.printf(
        "The storm of -Dstorm.seed=%d: %d steps and %d refused ones, %d kills; all is right %.1f s"
            + " after its end%n",
        seed, storm.done(), storm.refused(), kills.get(), seconds);
  }

  private static void join(List<? extends Future<?>> running)
      throws InterruptedException, ExecutionException {
    for (var future : running) {
      future.get();
    }
  }

  /** Peers of a network that the storm never changes; their addresses and keys never change. */
  private Map<String, String> settleResidents() {
    var text = new StringBuilder();
    text.append(
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: WireGuardNetwork
        metadata: {name: resident}
        spec:
          addressPools: [{name: v4, cidr: 10.200.0.0/20}]
          nodes: {selector: {matchLabels: {storm-network: resident}}}
          gateways: {selector: {}}
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: resident}
        ---
        apiVersion: v1
        kind: Node
        metadata: {name: resident, labels: {storm-network: resident}}
        """);
    for (int i = 0; i < RESIDENTS; i++) {
      text.append(
          """
          ---
          apiVersion: wiremesh.dev/v1alpha1
          kind: Peer
          metadata: {name: resident-%d, namespace: resident}
          spec: {networkRef: {name: resident}}
          """
              .formatted(i));
    }
    admin
        .load(new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8)))
        .items()
        .forEach(it -> admin.resource(it).serverSideApply());
    await()
        .atMost(Duration.ofSeconds(90))
        .until(() ->
            identitiesOfResidents().size() == RESIDENTS
                && violations().isEmpty()
                && identitiesOfResidents().values().stream()
                    .noneMatch(it -> it.startsWith("[]") || it.contains("null")));
    return identitiesOfResidents();
  }

  private Map<String, String> identitiesOfResidents() {
    var identities = new MeshInvariants(admin, OPERATOR_NAMESPACE).identities();
    identities.keySet().removeIf(name -> !name.startsWith("resident/"));
    return identities;
  }

  private List<String> violations() {
    return new MeshInvariants(admin, OPERATOR_NAMESPACE).violations();
  }

  private void watchKeys() {
    admin
        .resources(Peer.class)
        .inAnyNamespace()
        .inform(
            new ResourceEventHandler<>() {
              @Override
              public void onAdd(Peer peer) {
                var key = peer.getStatus().publicKey;
                if (key != null && peer.getSpec().publicKey == null) {
                  keys.computeIfAbsent(
                          peer.getMetadata().getUid(), uid -> ConcurrentHashMap.newKeySet())
                      .add(key);
                }
              }

              @Override
              public void onUpdate(Peer before, Peer after) {
                onAdd(after);
              }

              @Override
              public void onDelete(Peer peer, boolean unknown) {}
            });
  }

  /** Kills an operator, sometimes while it starts, and starts it again. */
  private void killRepeatedly(OperatorProcess operator, int times, Random random)
      throws InterruptedException, IOException {
    for (int i = 0; i < times; i++) {
      if (random.nextInt(4) > 0) {
        operator.awaitStart(Duration.ofSeconds(30));
      }
      // Ends early when the other operator's thread has failed.
      if (over.await(random.nextInt(1500), TimeUnit.MILLISECONDS)) {
        return;
      }
      operator.kill();
      kills.incrementAndGet();
      operator.start(OperatorProcess.electing(random));
    }
  }

  /** Disturbs the paths of the operators, and restarts the API server now and then. */
  private void disturb(Random random, int wantedKills, int apiServerRestarts)
      throws InterruptedException, IOException {
    int restarted = 0;
    try {
      while (!over.await(500 + random.nextInt(2000), TimeUnit.MILLISECONDS)) {
        if (kills.get() * (apiServerRestarts + 1) > (restarted + 1) * wantedKills) {
          restarted++;
          restartApiServer();
        } else if (random.nextInt(3) == 0) {
          operators.get(random.nextInt(operators.size())).proxy().cut();
        } else {
          var fault = Fault.values()[1 + random.nextInt(Fault.values().length - 1)];
          var affected = new ArrayList<>(operators);
          if (random.nextInt(3) > 0) {
            affected.remove(random.nextInt(affected.size()));
          }
          affected.forEach(operator -> operator.proxy().set(fault));
          over.await(300 + random.nextInt(3000), TimeUnit.MILLISECONDS);
          affected.forEach(operator -> operator.proxy().set(Fault.NONE));
        }
      }
    } finally {
      operators.forEach(operator -> operator.proxy().set(Fault.NONE));
    }
  }

  /**
   * The operators lose their watches, objects change meanwhile, and the new API server knows no
   * older versions: each watch that resumes is told 410 Gone and lists anew.
   */
  private void restartApiServer() throws InterruptedException, IOException {
    operators.forEach(operator -> operator.proxy().set(Fault.ABSENT));
    over.await(1, TimeUnit.SECONDS);
    controlPlane.killApiServer();
    controlPlane.startApiServer();
    operators.forEach(operator -> operator.proxy().set(Fault.NONE));
  }

  /** Waits until every object is right; returns the seconds that it took. */
  private double awaitInvariants(long seed) {
    long began = System.nanoTime();
    await()
        .atMost(QUIET)
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () -> assertThat(violations()).as("violations in the storm of seed " + seed).isEmpty());
    return (System.nanoTime() - began) / 1e9;
  }
}
