package dev.wiremesh.agent.control;

import static dev.wiremesh.agent.control.FakeObjects.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.host.FootprintStore;
import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.host.Ours;
import dev.wiremesh.agent.report.Connectivity;
import dev.wiremesh.agent.report.NodeReport;
import dev.wiremesh.api.v1alpha1.HostPort;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.device.DeviceSettings;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ControlLoopTest {
  private static final String HOST = "host wg-home [10.70.0.0/16]";

  private final FakeWorld world = new FakeWorld();
  private final FakeObjects objects = new FakeObjects();
  private final FootprintStore footprints;
  private ControlLoop loop;

  ControlLoopTest(@TempDir Path folder) {
    footprints = new FootprintStore(folder);
    loop = newLoop();
  }

  private ControlLoop newLoop() {
    return new ControlLoop(
        objects,
        "node-a",
        new Surroundings(
            world.deviceMaker(),
            world.host(),
            footprints,
            world.resolver(),
            world.reporter(),
            (network, duration) -> {}),
        world.clock());
  }

  @Test
  void nothingIsDoneBeforeEverythingWasListedOnce() throws IOException {
    footprints.save(new HostFootprint("old", "wg-old", 1, 2));
    loop = newLoop();
    objects.synced = false;
    objects.network("home", 51900);
    step();
    assertThat(world.touched()).isEmpty();
    assertThat(loop.isReady()).isFalse();
    assertThat(world.nodeReports).isEmpty();
  }

  @Test
  void planIsPutInForce() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    step();

    assertThat(world.touched()).containsExactly("open wg-home", "apply wg-home", HOST);
    assertThat(loop.isReady()).isTrue();
    var device = device();
    var settings = settings(device);
    assertThat(settings.listenPort()).isEqualTo(51900);
    assertThat(settings.mark()).isEqualTo(Ours.MARK);
    assertThat(settings.identities()).containsOnlyKeys("default", "gateway");
    var laptop = Objects.requireNonNull(device.peers.get(key("laptop")));
    assertThat(laptop.identity()).isEqualTo("gateway");
    assertThat(laptop.presharedKey()).isNotNull();
    assertThat(laptop.allowedIps()).containsExactly(IpPrefix.parse("10.70.1.1/32"));
    assertThat(footprints.load().values())
        .containsExactly(new HostFootprint("home", "wg-home", 51900, 5_000));
  }

  @Test
  void unchangedInputTouchesNothing() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    step();
    world.touched();
    for (int i = 0; i < 10; i++) {
      objects.changed();
      step();
    }
    assertThat(world.touched()).isEmpty();
  }

  @Test
  void statusThatOthersWriteTouchesNothing() {
    objects.network("home", 51900);
    var peer = objects.peer("home", "laptop", 1);
    step();
    world.touched();
    peer.getStatus().configSecret = "laptop-wiremesh";
    peer.getStatus().connectivity = new PeerStatus.Connectivity();
    objects.changed();
    step();
    assertThat(world.touched()).isEmpty();
  }

  @Test
  void periodicLookAtTheHostLeavesTheDeviceAlone() {
    objects.network("home", 51900);
    step();
    world.touched();
    world.pass(Duration.ofSeconds(61));
    step();
    assertThat(world.touched()).containsExactly(HOST);

    world.pass(Duration.ofSeconds(2));
    loop.hostChanged();
    step();
    assertThat(world.touched()).containsExactly(HOST);
  }

  @Test
  void onlyThePeerThatChangedIsTouched() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    objects.peer("home", "phone", 2);
    step();
    world.touched();

    objects.peer("home", "tablet", 3);
    step();
    assertThat(world.touched()).containsExactly("set peer " + key("tablet"));

    objects.peers.remove("phone");
    objects.changed();
    step();
    assertThat(world.touched()).containsExactly("remove peer " + key("phone"));

    var office = objects.peer("home", "laptop", 1, "192.168.7.0/24");
    step();
    assertThat(world.touched())
        .containsExactly(
            "set peer " + key("laptop"), "host wg-home [10.70.0.0/16, 192.168.7.0/24]");

    office.getSpec().suspended = true;
    objects.changed();
    step();
    assertThat(world.touched()).containsExactly("remove peer " + key("laptop"), HOST);
  }

  @Test
  void nameThatMovesTouchesOnlyItsPeer() {
    objects.network("home", 51900);
    objects.meshNode("home", "node-b", 2, false).getSpec().endpoints =
        List.of(new HostPort("b.example.org", 51900));
    objects.peer("home", "laptop", 1);
    step();
    assertThat(hint("node-b")).isNull();
    assertThat(last().problems())
        .containsExactly(
            new NodeReport.Problem(
                "node-b", "EndpointUnresolved", "The name b.example.org has no address."));
    world.touched();

    world.name("b.example.org", "192.0.2.1");
    step();
    assertThat(world.touched()).containsExactly("set peer " + key("node-b"), HOST);
    assertThat(hint("node-b")).isEqualTo("192.0.2.1:51900");
  }

  @Test
  void missingKeyIsWaitedForAndALostOneIsKept() {
    objects.network("home", 51900);
    objects.secrets.remove("wiremesh-node-home.node-a");
    step();
    assertThat(world.touched()).isEmpty();
    assertThat(last().sections().summary().message())
        .isEqualTo("Secret wiremesh-node-home.node-a is not there.");
    assertThat(last().publicKey()).isNull();

    objects.meshNode("home", "node-a", 1, true);
    step();
    assertThat(world.touched()).containsExactly("open wg-home", "apply wg-home", HOST);
    assertThat(last().publicKey()).isEqualTo(key("node-a"));

    objects.secrets.remove("wiremesh-node-home.node-a");
    objects.changed();
    step();
    assertThat(world.touched()).isEmpty();
  }

  @Test
  void newKeyIsTaken() {
    objects.network("home", 51900);
    step();
    world.touched();
    objects.secret(
        "wiremesh-node-home.node-a", "privateKey", FakeObjects.privateKey("another").toBase64());
    step();
    assertThat(world.touched()).containsExactly("apply wg-home");
    assertThat(last().publicKey()).isEqualTo(key("another"));
  }

  @Test
  void brokenKeyIsExplainedWithoutRepeatingIt() {
    objects.network("home", 51900);
    objects.secret("wiremesh-node-home.node-a", "privateKey", "hunter2");
    step();
    assertThat(last().sections().summary().message())
        .startsWith("Entry privateKey of Secret wiremesh-node-home.node-a is no key: ")
        .doesNotContain("hunter2");
  }

  @Test
  void takenPortIsSaidAndTriedAgainLaterAndLater() {
    objects.network("home", 51900);
    world.deviceRefuses = new BindException("Address already in use");
    step();
    assertThat(last().sections().device().reason()).isEqualTo("PortInUse");
    assertThat(last().sections().device().message())
        .contains("UDP port 51900 is taken on this node");
    assertThat(loop.isReady()).isFalse();
    world.touched();

    int tries = 0;
    for (int second = 0; second < 60; second++) {
      world.pass(Duration.ofSeconds(1));
      step();
      tries += (int) world.touched().stream().filter("apply wg-home"::equals).count();
    }
    assertThat(tries).isBetween(4, 7);

    world.deviceRefuses = null;
    world.pass(Duration.ofSeconds(31));
    step();
    assertThat(last().sections().allWell()).isTrue();
    assertThat(loop.isReady()).isTrue();
  }

  @Test
  void hostThatRefusesIsSaid() {
    objects.network("home", 51900);
    world.hostRefuses = new IOException("add route 10.70.0.0/16: Operation not permitted");
    step();
    assertThat(last().sections().device().well()).isTrue();
    assertThat(last().sections().routes().message())
        .isEqualTo("The host refuses: add route 10.70.0.0/16: Operation not permitted.");
  }

  @Test
  void oneNetworksTroubleIsNotAnothers() {
    objects.network("bad", 51901);
    world.deviceRefuses = new IOException("no");
    step();
    world.deviceRefuses = null;
    world.touched();
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    step();
    assertThat(world.touched()).contains("open wg-home", "apply wg-home");
    assertThat(device().peers).containsKey(key("laptop"));
  }

  @Test
  void interfaceOfSomebodyElseIsLeftAlone() {
    world.foreignInterface = true;
    objects.network("home", 51900);
    step();
    assertThat(world.touched()).isEmpty();
    assertThat(last().sections().device().message())
        .contains("There is an interface wg-home on this node that Wiremesh did not make");
    assertThat(footprints.load()).isEmpty();
  }

  @Test
  void deletedNetworkIsRemovedAndForgotten() {
    objects.network("home", 51900);
    step();
    world.touched();
    objects.networks.remove("home");
    objects.changed();
    step();
    assertThat(world.touched()).containsExactly("close wg-home", "remove wg-home");
    assertThat(footprints.load()).isEmpty();
    assertThat(loop.running()).isEmpty();
  }

  @Test
  void nodeThatLeavesANetworkCleansUp() {
    objects.network("home", 51900);
    step();
    world.touched();
    objects.meshNodes.remove("home.node-a");
    objects.changed();
    step();
    assertThat(world.touched()).containsExactly("close wg-home", "remove wg-home");
  }

  @Test
  void networkThatWasDeletedWhileNoAgentRanIsRemoved() throws IOException {
    footprints.save(new HostFootprint("old", "wg-old", 1, 2));
    loop = newLoop();
    step();
    assertThat(world.touched()).containsExactly("remove wg-old");
    assertThat(footprints.load()).isEmpty();
  }

  @Test
  void endOfTheAgentRemovesNothing() throws InterruptedException {
    objects.network("home", 51900);
    step();
    world.touched();
    loop.start();
    loop.close();
    assertThat(world.touched()).containsExactly("close wg-home");
    assertThat(footprints.load()).hasSize(1);
  }

  @Test
  void anotherTableReplacesTheOldOne() {
    objects.network("home", 51900);
    step();
    world.touched();
    var network = Objects.requireNonNull(objects.networks.get("home"));
    var effective = Objects.requireNonNull(network.getStatus().effective);
    effective.routingTable = 77;
    objects.changed();
    step();
    assertThat(world.touched()).containsExactly("remove routing 51900", HOST);
  }

  @Test
  void interfaceThatVanishedIsMadeAnew() {
    objects.network("home", 51900);
    step();
    world.touched();
    device().gone = true;
    device().listener.interfaceGone();
    step();
    assertThat(world.touched())
        .containsExactly("close wg-home", "open wg-home", "apply wg-home", HOST);
  }

  @Test
  void connectivityIsReportedOnTransitions() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    step();
    assertThat(world.peerReports).hasSize(1);
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.NEVER);

    device().handshakes.put(key("laptop"), world.now());
    device().listener.handshakeCompleted(key("laptop"), false, null);
    step();
    assertThat(world.peerReports).hasSize(2);
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.CONNECTED);
    assertThat(last().peersConnected()).isEqualTo(1);

    world.pass(Duration.ofSeconds(170));
    step();
    assertThat(last().peersConnected()).isEqualTo(1);
    world.pass(Duration.ofSeconds(10));
    step();
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.STALE);
    assertThat(last().peersConnected()).isZero();
  }

  @Test
  void suspendedPeerIsReportedOutAtOnce() {
    objects.network("home", 51900);
    var peer = objects.peer("home", "laptop", 1);
    var shown = new PeerStatus.Connectivity();
    shown.state = PeerStatus.State.CONNECTED;
    shown.gateway = "node-a";
    shown.lastHandshakeTime = world.now().toString();
    peer.getStatus().connectivity = shown;
    step();
    peer.getSpec().suspended = true;
    objects.changed();
    step();
    assertThat(world.peerReports.getLast().session().state()).isEqualTo(Connectivity.STALE);
    assertThat(world.peerReports.getLast().session().obstacle())
        .isEqualTo("Peer default/laptop is suspended.");
  }

  @Test
  void meshNodeThatWasMadeAnewIsToldAgain() {
    objects.network("home", 51900);
    step();
    int before = world.nodeReports.size();
    var meshNode = Objects.requireNonNull(objects.meshNodes.get("home.node-a"));
    meshNode.getMetadata().setUid("another");
    objects.changed();
    step();
    assertThat(world.nodeReports).hasSize(before + 1);
    meshNode.getStatus().publicKey = null;
    objects.changed();
    world.pass(Duration.ofSeconds(16));
    step();
    assertThat(world.nodeReports).hasSize(before + 2);
  }

  private void step() {
    loop.cycle();
  }

  private FakeWorld.FakeDevice device() {
    var device = world.devices.get("wg-home");
    if (device == null) {
      throw new AssertionError("there is no device");
    }
    return device;
  }

  private static DeviceSettings settings(FakeWorld.FakeDevice device) {
    var settings = device.settings;
    if (settings == null) {
      throw new AssertionError("the device was not configured");
    }
    return settings;
  }

  private @Nullable String hint(String peer) {
    var settings = device().peers.get(key(peer));
    var hint = settings == null ? null : settings.endpointHint();
    return hint == null ? null : hint.toString();
  }

  private NodeReport last() {
    return world.nodeReports.getLast();
  }
}
