package dev.wiremesh.agent.loop;

import static dev.wiremesh.agent.loop.FakeObjects.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.json.ReadProblems;
import dev.wiremesh.api.v1alpha1.HostPort;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.net.IpPrefix;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One object that cannot be read, among good ones. */
final class UnreadableObjectsTest {
  private static final ReadProblems UNREADABLE =
      new ReadProblems(List.of("spec.presharedKey: PostQuantum"), List.of());

  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;

  UnreadableObjectsTest(@TempDir Path folder) {
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
  }

  @Test
  void durationWithManyDigitsIsTheDurationThatItSays() {
    var site = objects.peer("home", "site", 2).getSpec();
    site.persistentKeepalive = "0000000025s";
    site.endpoint = new HostPort("192.0.2.9", 51820);
    agent.step();

    var peer = Objects.requireNonNull(agent.device().peers.get(key("site")));
    assertThat(peer.path().persistentKeepaliveSeconds()).isEqualTo(25);
    assertThat(agent.device().peers).containsKey(key("laptop"));
    assertThat(agent.loop().isReady()).isTrue();
    assertThat(agent.loop().failures()).isZero();
  }

  @Test
  void unreadablePeerIsLeftOutAndTheOthersAreRevokedAndAdded() {
    objects.peer("home", "old", 3);
    agent.step();
    objects.peer("nowhere", "tenant", 2).getSpec().persistentKeepalive = "500ms";
    objects.peer("home", "newer", 4).noteReadProblems(UNREADABLE);
    Objects.requireNonNull(objects.peers.get("old")).getSpec().suspended = true;
    objects.peer("home", "phone", 5);
    agent.step();

    assertThat(agent.device().peers)
        .containsKeys(key("laptop"), key("phone"))
        .doesNotContainKeys(key("old"), key("newer"));
    assertThat(agent.loop().unreadable("Peer")).isEqualTo(2);
    assertThat(agent.loop().isReady()).isTrue();
  }

  @Test
  void peerThatCanBeReadAgainIsLetInAgain() {
    var peer = objects.peer("home", "newer", 4);
    peer.noteReadProblems(UNREADABLE);
    agent.step();
    peer.noteReadProblems(ReadProblems.NONE);
    objects.changed();
    agent.step();

    assertThat(agent.device().peers).containsKey(key("newer"));
    assertThat(agent.loop().unreadable("Peer")).isZero();
  }

  @Test
  void networkThatCannotBeReadKeepsWhatIsInForce() {
    agent.step();
    world.touched();
    home().noteReadProblems(UNREADABLE);
    objects.changed();
    agent.step();

    assertThat(world.touched()).isEmpty();

    assertThat(agent.device().peers).containsKey(key("laptop"));
    assertThat(agent.loop().unreadable("WireGuardNetwork")).isEqualTo(1);
  }

  @Test
  void otherNetworksGoOnBesideOneThatCannotBeRead() {
    home().getSpec().addressReuseAfter = "forever";
    objects.network("office", 51901);
    objects.peer("office", "desk", 7);
    agent.step();

    var office = Objects.requireNonNull(world.devices.get("wg-office"));
    assertThat(Objects.requireNonNull(office.peers.get(key("desk"))).prefixes().allowedIps())
        .containsExactly(IpPrefix.parse("10.70.1.7/32"));
    assertThat(world.devices).doesNotContainKey("wg-home");
  }

  @Test
  void readThatFailsLeavesLeasesAndRepairsGoing() {
    agent.step();
    int leases = world.renewals.size();
    world.touched();
    objects.fails = new IllegalStateException("a bug in a reader");
    objects.changed();
    for (int i = 0; i < 3; i++) {
      world.pass(Duration.ofSeconds(61));
      agent.wakeUp.hostChanged();
      agent.step();
    }

    assertThat(world.renewals).hasSizeGreaterThan(leases);
    assertThat(world.touched()).contains(LoopFixture.HOST);
    assertThat(agent.loop().failures()).isEqualTo(3);
    assertThat(agent.loop().isReady()).isFalse();
    assertThat(agent.loop().isAlive()).isTrue();
  }

  @Test
  void agentIsReadyAgainAfterOneGoodCycle() {
    agent.step();
    objects.fails = new IllegalStateException("a bug in a reader");
    objects.changed();
    for (int i = 0; i < 3; i++) {
      agent.step();
    }
    objects.fails = null;
    agent.step();

    assertThat(agent.loop().isReady()).isTrue();
  }

  private WireGuardNetwork home() {
    return Objects.requireNonNull(objects.networks.get("home"));
  }
}
