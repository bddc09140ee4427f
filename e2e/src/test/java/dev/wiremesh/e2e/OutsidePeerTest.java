package dev.wiremesh.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.lab.cluster.HostRequest.Implementation;
import dev.wiremesh.lab.cluster.HostRequest.Lan;
import dev.wiremesh.lab.cluster.Lab;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Machines outside the cluster, configured with nothing but their Secret. */
@OnLab
class OutsidePeerTest {
  private final Lab lab;
  private final MeshDriver scenario;

  OutsidePeerTest(Lab lab) {
    this.lab = lab;
    this.scenario = new MeshDriver(lab);
  }

  @AfterEach
  void cleanUp() {
    scenario.cleanUp();
  }

  @Test
  void laptopWithWireguardGoAndTheNodesReachEachOther() {
    scenario.applyPeer("plain");
    var address = scenario.addressedPeer("plain").getStatus().addresses.getFirst();

    var host = scenario.host("plain", false);

    scenario.everyNodeAnd(host, address);
    await()
        .atMost(MeshDriver.SOON)
        .untilAsserted(() ->
            assertThat(scenario.condition("plain", "Connected"))
                .hasValueSatisfying(
                    connected -> assertThat(connected.getStatus()).isEqualTo("True")));
  }

  @Test
  void laptopBehindNatAndTheNodesReachEachOther() {
    scenario.applyPeer("hidden");
    var address = scenario.addressedPeer("hidden").getStatus().addresses.getFirst();

    var host = scenario.host("hidden", true);

    scenario.everyNodeAnd(host, address);
  }

  @Test
  void laptopMayRunOurOwnDaemonToo() {
    scenario.applyPeer("ours");
    var address = scenario.addressedPeer("ours").getStatus().addresses.getFirst();

    var host = scenario.host("ours", Implementation.WIREMESH, false, Optional.empty());

    scenario.everyNodeAnd(host, address);
  }

  @Test
  void twoLaptopsReachEachOther() {
    scenario.applyPeer("left");
    scenario.applyPeer("right");
    var left = scenario.addressedPeer("left").getStatus().addresses.getFirst();
    var right = scenario.addressedPeer("right").getStatus().addresses.getFirst();

    var leftHost = scenario.host("left", false);
    var rightHost = scenario.host("right", true);

    // Each end must have sent a packet before the gateway knows its endpoint.
    scenario.everyNodeAnd(leftHost, left);
    scenario.everyNodeAnd(rightHost, right);
    scenario.reaches(leftHost.machine(), right);
    scenario.reaches(rightHost.machine(), left);
  }

  @Test
  void networkBehindPeerIsReachedFromTheNodesAndReachesThem() {
    scenario.grantRoutes("192.168.200.0/24");
    scenario.applyPeer("office", "routes:", "- cidr: 192.168.200.0/24");
    scenario.addressedPeer("office");
    var lan = Lan.of("192.168.200.0/24");

    scenario.host("office", Implementation.WIREGUARD_GO, true, Optional.of(lan));

    scenario
        .nodeAddresses()
        .forEach((node, address) -> {
          scenario.reaches(lab.machine("office-lan"), address);
          scenario.reaches(lab.machine(node), lan.machine());
        });
  }

  @Test
  void deletedPeerIsCutOffAndItsSecretGoes() {
    scenario.applyPeer("leaver");
    var peer = scenario.addressedPeer("leaver");
    var host = scenario.host("leaver", false);
    var target = scenario.addressOf("n1");
    scenario.reaches(host.machine(), target);
    var key = scenario.peer("leaver").getStatus().publicKey;
    var gateway = requireNonNull(peer.getStatus().homeGateway);
    assertThat(scenario.keysOn(gateway)).contains(key);

    scenario.deletePeer("leaver");

    await().atMost(MeshDriver.SOON).until(() -> !scenario.keysOn(gateway).contains(key));
    assertThat(host.machine().ping(target).succeeded()).isFalse();
    await()
        .atMost(MeshDriver.SOON)
        .untilAsserted(() ->
            assertThat(
                    lab.client()
                        .secrets()
                        .inNamespace(MeshDriver.NAMESPACE)
                        .withName("leaver-wiremesh")
                        .get())
                .isNull());
  }

  @Test
  void peerThatComesBackGetsItsAddressBack() {
    scenario.applyPeer("boomerang");
    var first = scenario.addressedPeer("boomerang").getStatus().addresses;
    scenario.applyPeer("bystander");
    scenario.addressedPeer("bystander");

    scenario.deletePeer("boomerang");
    await().atMost(MeshDriver.SOON).until(() -> scenario.peer("boomerang") == null);
    scenario.applyPeer("boomerang");

    assertThat(scenario.addressedPeer("boomerang").getStatus().addresses).isEqualTo(first);
    scenario.everyNodeAnd(scenario.host("boomerang", false), first.getFirst());
  }
}
