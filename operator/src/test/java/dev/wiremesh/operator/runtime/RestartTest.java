package dev.wiremesh.operator.runtime;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The operator as processes of their own, with the shipped rights: killed, replaced, stopped.
 *
 * <p>Takes a minute: the Lease of a killed leader must expire.
 */
@RequiresKubernetes(own = true)
@ConcurrentClass
final class RestartTest {
  private static final String HERE = "restart-test";
  private static final int PEERS = 20;

  private final OperatorTestCluster cluster;
  private final List<ManagedProcess> processes = new ArrayList<>();
  @TempDir private Path folder;

  RestartTest(ControlPlane controlPlane) throws IOException {
    cluster = new OperatorTestCluster(controlPlane);
  }

  @AfterEach
  void clean() {
    processes.forEach(ManagedProcess::kill);
    cluster.close();
  }

  @Test
  void killedInTheMidstOfWorkAndReplacedNothingIsLostOrGivenTwice() throws IOException {
    cluster.namespace(HERE);
    cluster.node("restart-a", "restart", "192.0.2.201");
    cluster.network("restart", "10.40.0.0/24", spec -> {});
    var first = start("first");
    cluster.peer(HERE, "restart-early", "restart", peer -> {});
    cluster.awaitPublished(HERE, "restart-early");
    var second = start("second");
    var early = identities();

    for (int i = 0; i < PEERS; i++) {
      cluster.peer(HERE, "restart-" + i, "restart", peer -> {});
    }
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> cluster.allocations("restart").size() > PEERS / 4);
    first.kill();

    for (int i = 0; i < PEERS; i++) {
      cluster.awaitPublished(HERE, "restart-" + i);
    }
    var after = identities();
    assertThat(after).hasSize(PEERS + 1).containsAllEntriesOf(early);
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          var bound =
              cluster.allocations("restart").stream()
                  .filter(it -> it.getStatus().releasedAt == null)
                  .toList();
          assertThat(bound.stream().map(RestartTest::owner).collect(toSet()))
              .hasSameSizeAs(bound)
              .hasSize(PEERS + 2);
        });

    var third = start("third");
    second.stop(Duration.ofSeconds(90));
    cluster.peer(HERE, "restart-late", "restart", peer -> {});
    cluster.awaitPublished(HERE, "restart-late");
    assertThat(identities()).containsAllEntriesOf(after);

    for (var process : List.of(first, second, third)) {
      assertThat(Files.readString(process.log()))
          .doesNotContainIgnoringCase("forbidden")
          .doesNotContain(" ERROR ");
    }
    assertThat(Files.readString(second.log())).contains("Operator stopped");
  }

  private ManagedProcess start(String name) throws IOException {
    var kubeconfig = folder.resolve(name + ".kubeconfig");
    Files.writeString(kubeconfig, cluster.operatorKubeconfig());
    var process =
        ManagedProcess.start(
            "operator " + name,
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "dev.wiremesh.operator.OperatorMain"),
            Map.of(
                "KUBECONFIG",
                kubeconfig.toString(),
                "POD_NAME",
                name,
                "WIREMESH_HTTP_LISTEN",
                "127.0.0.1:0"),
            folder.resolve(name + ".log"));
    processes.add(process);
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(
            () -> assertThat(Files.readString(process.log())).contains("Operator started"));
    return process;
  }

  /** Address, key and configuration of each peer that has one. */
  private Map<String, String> identities() {
    var identities = new TreeMap<String, String>();
    for (var peer : cluster.admin().resources(Peer.class).inNamespace(HERE).list().getItems()) {
      var name = peer.getMetadata().getName();
      cluster
          .secret(HERE, name + "-wiremesh")
          .ifPresent(secret ->
              identities.put(
                  name,
                  peer.getStatus().addresses
                      + " "
                      + peer.getStatus().publicKey
                      + " "
                      + secret.getData()));
    }
    return identities;
  }

  private static String owner(IPAllocation allocation) {
    var owner = allocation.getSpec().owner;
    return owner.kind + " " + owner.namespace + " " + owner.name;
  }
}
