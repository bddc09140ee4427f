package dev.wiremesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The machine is as it was when a cluster is gone, however it went. */
@Tag("cluster")
@RequiresRoot
@RequiresTun
@RequiresTool({"go", "containerd", "runc", "nft", "iptables", "busybox", "openssl"})
class ClusterLeavesNothingTest {
  private static final RealCluster CLUSTER = new RealCluster("traces");

  private Traces before = Traces.of(CLUSTER.prefix());

  @BeforeEach
  void lookBefore() {
    CLUSTER.close();
    before = Traces.of(CLUSTER.prefix());
    assertThat(before.networks()).isEmpty();
    assertThat(before.cgroups()).isEmpty();
  }

  @AfterEach
  void remove() {
    CLUSTER.close();
  }

  @Test
  void downRemovesAllOfIt() {
    RealCluster.start(CLUSTER.name(), 1);
    var namespaces = Traces.namespacesOf(CLUSTER.prefix());
    assertThat(namespaces).as("that there was something to remove").hasSizeGreaterThan(12);

    CLUSTER.close();

    assertNothingIsLeft(namespaces);
  }

  @Test
  void downRemovesWhatACrashLeft() {
    RealCluster.start(CLUSTER.name(), 1);
    var namespaces = Traces.namespacesOf(CLUSTER.prefix());
    // The worst order: containers' parents first, and the records of it all.
    CLUSTER.on("n1", "pkill", "-KILL", "-x", "containerd");
    CLUSTER.on("cp", "sh", "-c", "kill -KILL -1");

    CLUSTER.close();

    assertNothingIsLeft(namespaces);
  }

  private void assertNothingIsLeft(Set<String> namespaces) {
    // Killed processes take a moment to be gone, and so do the interfaces of their namespaces.
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> {
          assertThat(Traces.processesIn(namespaces)).isEmpty();
          assertThat(Traces.of(CLUSTER.prefix())).isEqualTo(before);
        });
  }
}
