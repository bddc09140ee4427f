package dev.wiremesh.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.device.EchoRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One LAN behind two gateways, as node-a, the home gateway of both, carries it. */
class GroupsOfTheLoopTest {
  private static final IpPrefix LAN = IpPrefix.parse("192.168.200.0/24");
  private static final IpAddress OLD = IpAddress.parse("10.70.1.1");
  private static final IpAddress YOUNG = IpAddress.parse("10.70.1.2");

  private final LoopFixture fixture;

  GroupsOfTheLoopTest(@TempDir Path folder) {
    fixture = new LoopFixture(folder);
  }

  @BeforeEach
  void buildGroup() {
    fixture.objects.network("home", 51900);
    member("old", 1, "2026-03-01T11:00:00Z", PeerStatus.RouteState.ACCEPTED);
    member("young", 2, "2026-03-01T11:30:00Z", PeerStatus.RouteState.STANDBY);
    fixture.step();
    answering(OLD, YOUNG);
    seconds(2);
  }

  @Test
  void eachMemberIsAskedEverySecond() {
    fixture.device().echoed.clear();
    seconds(10);
    assertThat(fixture.device().echoed)
        .extracting(EchoRequest::to)
        .filteredOn(Set.of(OLD, YOUNG)::contains)
        .hasSize(20);
  }

  @Test
  void steadyGroupTouchesNothing() {
    fixture.world.touched();
    seconds(50);
    assertThat(fixture.world.touched()).isEmpty();
  }

  @Test
  void groupMovesWithinFiveSecondsOfTheDeathOfItsActiveMember() {
    assertThat(carriers()).containsExactly("old");
    answering(YOUNG);
    seconds(4);
    assertThat(carriers()).containsExactly("young");
  }

  @Test
  void groupMovesThreeTimeoutsAfterTheFirstRequestWithoutAReply() {
    answering(YOUNG);
    pass(Duration.ofMillis(1000 + 3 * 250 - 50), Duration.ofMillis(50));
    assertThat(carriers()).containsExactly("old");
    pass(Duration.ofMillis(100), Duration.ofMillis(50));
    assertThat(carriers()).containsExactly("young");
  }

  @Test
  void deadMemberIsAskedEverySecond() {
    answering(YOUNG);
    seconds(5);
    fixture.device().echoed.clear();
    pass(Duration.ofSeconds(10), Duration.ofMillis(50));
    assertThat(fixture.device().echoed)
        .extracting(EchoRequest::to)
        .filteredOn(OLD::equals)
        .hasSize(10);
  }

  @Test
  void groupMovesWithoutTheApiServer() {
    fixture.objects.watching = false;
    fixture.objects.fails = new IllegalStateException("no API server");
    answering(YOUNG);
    seconds(4);
    assertThat(carriers()).containsExactly("young");
  }

  @Test
  void lostReplyMovesNothing() {
    for (int i = 0; i < 10; i++) {
      answering(YOUNG);
      seconds(2);
      answering(OLD, YOUNG);
      seconds(1);
    }
    assertThat(carriers()).containsExactly("old");
  }

  @Test
  void olderMemberTakesOverAgainAfterHalfAMinuteOfLife() {
    answering(YOUNG);
    seconds(10);
    answering(OLD, YOUNG);
    seconds(25);
    assertThat(carriers()).containsExactly("young");
    seconds(10);
    assertThat(carriers()).containsExactly("old");
  }

  @Test
  void groupWithoutALiveMemberKeepsItsActiveOne() {
    answering();
    seconds(30);
    assertThat(carriers()).containsExactly("old");
  }

  @Test
  void choiceStaysWhenTheOperatorPublishesIt() {
    answering(YOUNG);
    seconds(5);
    decide("old", PeerStatus.RouteState.STANDBY);
    decide("young", PeerStatus.RouteState.ACCEPTED);
    seconds(5);
    assertThat(carriers()).containsExactly("young");
  }

  @Test
  void activeMemberIsReported() {
    fixture.device().handshakes.put(FakeObjects.key("old"), now());
    fixture.device().handshakes.put(FakeObjects.key("young"), now());
    fixture.wakeUp.sessionsChanged();
    seconds(6);
    answering(YOUNG);
    seconds(10);
    var reports = fixture.world.peerReports;
    assertThat(reports.stream().filter(it -> it.peer().name().equals("old")).toList().getLast())
        .satisfies(it -> assertThat(it.session().activeRoutes()).isEmpty());
    assertThat(reports.stream().filter(it -> it.peer().name().equals("young")).toList().getLast())
        .satisfies(it -> assertThat(it.session().activeRoutes()).isEqualTo(Set.of(LAN)));
  }

  private Instant now() {
    return fixture.world.now();
  }

  private void answering(IpAddress... addresses) {
    fixture.device().answering.clear();
    fixture.device().answering.addAll(List.of(addresses));
  }

  private void seconds(int count) {
    for (int i = 0; i < count; i++) {
      fixture.world.pass(Duration.ofSeconds(1));
      fixture.step();
    }
  }

  private void pass(Duration time, Duration cycle) {
    for (var passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plus(cycle)) {
      fixture.world.pass(cycle);
      fixture.step();
    }
  }

  /** The peers that have the LAN among their allowed IPs. */
  private List<String> carriers() {
    return List.of("old", "young").stream()
        .filter(name ->
            Objects.requireNonNull(fixture.device().peers.get(FakeObjects.key(name)))
                .prefixes()
                .allowedIps()
                .contains(LAN))
        .toList();
  }

  private void decide(String name, PeerStatus.RouteState state) {
    var peer = Objects.requireNonNull(fixture.objects.peers.get(name));
    peer.getStatus().routes.getFirst().state = state;
    fixture.objects.changed();
  }

  private Peer member(String name, int number, String created, PeerStatus.RouteState state) {
    var peer = fixture.objects.peer("home", name, number, LAN.toString());
    peer.getMetadata().setCreationTimestamp(created);
    PeerSpec.Route route = peer.getSpec().routes.getFirst();
    route.group = "site";
    route.masquerade = true;
    decide(name, state);
    return peer;
  }
}
