package dev.wiremesh.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.lab.cluster.Lab;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One bad object affects only itself, and says so in a condition that names the other party. */
@OnLab
class RefusalTest {
  private final Lab lab;
  private final MeshDriver scenario;

  RefusalTest(Lab lab) {
    this.lab = lab;
    this.scenario = new MeshDriver(lab);
  }

  @AfterEach
  void cleanUp() {
    scenario.cleanUp();
  }

  @Test
  void youngerPeerWithTheSameKeyIsRefusedAndNamesTheOlder() {
    var key = "publicKey: hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
    scenario.applyPeer("elder", key);
    scenario.addressedPeer("elder");
    scenario.awaitOlderThanASecond("elder");
    scenario.applyPeer("younger", key);

    await()
        .atMost(MeshDriver.SOON)
        .untilAsserted(() ->
            assertThat(scenario.condition("younger", "Accepted"))
                .hasValueSatisfying(accepted -> {
                  assertThat(accepted.getReason()).isEqualTo("DuplicatePublicKey");
                  assertThat(accepted.getMessage()).contains("elder");
                }));
    assertThat(scenario.condition("elder", "Accepted"))
        .hasValueSatisfying(accepted -> assertThat(accepted.getStatus()).isEqualTo("True"));
    scenario.meshIsComplete();
  }

  @Test
  void fullPoolMarksOnlyThePeerThatFoundNoRoom() {
    // Six addresses: three for the nodes, three for peers.
    lab.apply(
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: WireGuardNetwork
        metadata: {name: tiny}
        spec:
          addressPools: [{name: v4, cidr: 10.71.0.0/29}]
          nodes: {selector: {}}
          gateways: {selector: {}}
        """);
    try {
      await()
          .atMost(MeshDriver.SOON)
          .until(() ->
              lab.report().members().stream()
                      .filter(member -> member.network().equals("tiny"))
                      .filter(member -> !member.addresses().isEmpty())
                      .count()
                  == lab.nodes().size());
      for (var name : new String[] {"tiny-1", "tiny-2", "tiny-3"}) {
        scenario.applyPeerOf("tiny", name);
        scenario.addressedPeer(name);
      }
      scenario.applyPeerOf("tiny", "tiny-4");

      await()
          .atMost(MeshDriver.SOON)
          .untilAsserted(() ->
              assertThat(scenario.condition("tiny-4", "AddressAllocated"))
                  .hasValueSatisfying(
                      allocated -> assertThat(allocated.getReason()).isEqualTo("PoolExhausted")));
      assertThat(scenario.condition("tiny-1", "AddressAllocated"))
          .hasValueSatisfying(allocated -> assertThat(allocated.getStatus()).isEqualTo("True"));
      scenario.meshIsComplete();
    } finally {
      scenario.deleteNetwork("tiny");
    }
  }
}
