package dev.wiremesh.agent.loop;

import static dev.wiremesh.agent.loop.FakeObjects.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.host.route.OwnershipMarks;
import dev.wiremesh.agent.report.NodeReport;
import dev.wiremesh.api.v1alpha1.MeshNodeEndpoint;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.device.DeviceEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Device and host follow the watched objects, by the difference only. */
final class PlanInForceTest {
  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;

  PlanInForceTest(@TempDir Path folder) {
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
  }

  @Test
  void planIsPutInForce() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();

    assertThat(world.touched()).containsExactly("open wg-home", "apply wg-home", LoopFixture.HOST);
    assertThat(agent.loop().isReady()).isTrue();
    var device = agent.device();
    var settings = agent.settings();
    assertThat(settings.listenPort()).isEqualTo(51900);
    assertThat(settings.mark()).isEqualTo(OwnershipMarks.MARK);
    assertThat(settings.identities()).containsOnlyKeys("default", "gateway");
    var laptop = Objects.requireNonNull(device.peers.get(key("laptop")));
    assertThat(laptop.identity()).isEqualTo("gateway");
    assertThat(laptop.presharedKey()).isNotNull();
    assertThat(laptop.prefixes().allowedIps()).containsExactly(IpPrefix.parse("10.70.1.1/32"));
    assertThat(agent.footprints.load().values())
        .containsExactly(new HostFootprint("home", "wg-home", 51900, 5_000));
  }

  @Test
  void unchangedInputTouchesNothing() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    world.touched();
    for (int i = 0; i < 10; i++) {
      objects.changed();
      agent.step();
    }
    assertThat(world.touched()).isEmpty();
  }

  @Test
  void statusThatOthersWriteTouchesNothing() {
    objects.network("home", 51900);
    var peer = objects.peer("home", "laptop", 1);
    agent.step();
    world.touched();
    peer.getStatus().configSecret = "laptop-wiremesh";
    peer.getStatus().connectivity = new PeerStatus.Connectivity();
    objects.changed();
    agent.step();
    assertThat(world.touched()).isEmpty();
  }

  @Test
  void periodicLookAtTheHostLeavesTheDeviceAlone() {
    objects.network("home", 51900);
    agent.step();
    world.touched();
    world.pass(Duration.ofSeconds(61));
    agent.step();
    assertThat(world.touched()).containsExactly(LoopFixture.HOST);

    world.pass(Duration.ofSeconds(2));
    agent.wakeUp.hostChanged();
    agent.step();
    assertThat(world.touched()).containsExactly(LoopFixture.HOST);
  }

  @Test
  void onlyThePeerThatChangedIsTouched() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    objects.peer("home", "phone", 2);
    agent.step();
    world.touched();

    objects.peer("home", "tablet", 3);
    agent.step();
    assertThat(world.touched()).containsExactly("set peer " + key("tablet"));

    objects.peers.remove("phone");
    objects.changed();
    agent.step();
    assertThat(world.touched()).containsExactly("remove peer " + key("phone"));

    var office = objects.peer("home", "laptop", 1, "192.168.7.0/24");
    agent.step();
    assertThat(world.touched())
        .containsExactly(
            "set peer " + key("laptop"), "host wg-home [10.70.0.0/16, 192.168.7.0/24]");

    office.getSpec().suspended = true;
    objects.changed();
    agent.step();
    assertThat(world.touched()).containsExactly("remove peer " + key("laptop"), LoopFixture.HOST);
  }

  @Test
  void nameThatMovesTouchesOnlyItsPeer() {
    objects.network("home", 51900);
    objects.meshNode("home", "node-b", 2, false).getSpec().endpoints =
        List.of(new MeshNodeEndpoint("b.example.org", 51900));
    objects.peer("home", "laptop", 1);
    agent.step();
    assertThat(agent.hint("node-b")).isNull();
    assertThat(agent.last().peers().problems())
        .containsExactly(
            new NodeReport.Problem(
                "node-b", "EndpointUnresolved", "The name b.example.org has no address."));
    world.touched();

    world.name("b.example.org", "192.0.2.1");
    agent.step();
    assertThat(world.touched()).containsExactly("set peer " + key("node-b"), LoopFixture.HOST);
    assertThat(agent.hint("node-b")).isEqualTo("192.0.2.1:51900");
  }

  @Test
  void anotherTableReplacesTheOldOne() {
    objects.network("home", 51900);
    agent.step();
    world.touched();
    var network = Objects.requireNonNull(objects.networks.get("home"));
    var effective = Objects.requireNonNull(network.getStatus().effective);
    effective.routingTable = 77;
    objects.changed();
    agent.step();
    assertThat(world.touched()).containsExactly("remove routing 51900", LoopFixture.HOST);
  }

  @Test
  void interfaceThatVanishedIsMadeAnew() {
    objects.network("home", 51900);
    agent.step();
    world.touched();
    agent.device().events.accept(new DeviceEvent.InterfaceGone());
    agent.step();
    assertThat(world.touched())
        .containsExactly("close wg-home", "open wg-home", "apply wg-home", LoopFixture.HOST);
  }
}
