package dev.wiremesh.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.bypass.ApiProbe.Result;
import dev.wiremesh.agent.bypass.ApiTarget;
import dev.wiremesh.agent.bypass.BypassAddresses;
import dev.wiremesh.agent.host.route.RouteFinding;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.core.net.IpAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Peer's route that hides the API server is withdrawn, and stays so. */
final class RouteWithdrawalTest {
  private static final String POOL = "host wg-home [10.70.0.0/16]";
  private static final String BAD = "172.16.0.0/16";
  private static final String WITH_BAD = "host wg-home [10.70.0.0/16, 172.16.0.0/16]";
  private static final ApiTarget VIP = new ApiTarget(IpAddress.parse("203.0.113.1"), 443);
  private static final ApiTarget COVERED = new ApiTarget(IpAddress.parse("172.16.0.2"), 6443);
  private static final Duration HALF_AN_HOUR = Duration.ofMinutes(30);

  private final Path folder;
  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;

  RouteWithdrawalTest(@TempDir Path folder) {
    this.folder = folder;
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
    world.apiTargets.add(VIP);
    objects.network("home", 51900);
    agent.step();
    world.touched();
  }

  @Test
  void routeWithWhichTheApiServerIsReachedStays() {
    objects.peer("home", "office", 1, BAD);
    pass(20);
    assertThat(world.touched()).contains(WITH_BAD).doesNotContain(POOL);
    assertThat(agent.last().sections().routes().isTrue()).isTrue();
    int probes = world.probes;
    assertThat(probes).isPositive();
    pass(120);
    assertThat(world.probes).as("proven routes need no probes").isEqualTo(probes);
  }

  @Test
  void newRouteThatHidesTheApiServerIsWithdrawn() {
    objects.peer("home", "office", 1, BAD);
    world.hide(BAD, VIP);
    pass(20);
    assertThat(world.touched()).containsSequence(WITH_BAD, POOL);
    assertThat(agent.last().sections().routes().reason()).isEqualTo(Reason.NODE_ROUTE_WITHDRAWN);
    assertThat(agent.last().sections().routes().message())
        .isEqualTo(
            "Route 172.16.0.0/16 of Peer default/office is withdrawn on this node: with it the API"
                + " server could not be reached. Remove it from spec.routes of the Peer, or make it"
                + " narrower.");
    assertThat(agent.last().sections().summary().isTrue()).as("the loss is the Peer's").isTrue();
    assertThat(agent.last().sections().summary().message()).contains("see RoutesProgrammed");
    assertThat(agent.loop().isReady()).as("nothing is left to be applied").isTrue();
    assertThat(agent.last().generations().applied()).isEqualTo(1);
  }

  @Test
  void withdrawnRouteHidesNoProblemOfTheNode() {
    objects.peer("home", "office", 1, BAD);
    world.findings.add(
        new RouteFinding(
            RouteFinding.Cause.POOL_LEFT_OUT, "Pool 10.70.0.0/16 lies inside eth0's network."));
    world.hide(BAD, VIP);
    pass(20);
    assertThat(agent.last().sections().routes().reason()).isEqualTo(Reason.NODE_POOL_OVERLAP);
    assertThat(agent.last().sections().routes().message())
        .contains("inside eth0's network.")
        .contains("Route 172.16.0.0/16 of Peer default/office is withdrawn");
    assertThat(agent.last().sections().summary().isTrue()).isFalse();
  }

  @Test
  void absentApiServerWithdrawsNothing() {
    objects.peer("home", "office", 1, BAD);
    world.probed = Optional.of(new Result.Unreachable());
    objects.watching = false;
    pass(600);
    assertThat(world.touched()).doesNotContain(POOL);
    assertThat(world.probes).isBetween(50, 70);
  }

  @Test
  void oneBlockedProbeWithdrawsNothing() {
    objects.peer("home", "office", 1, BAD);
    for (int i = 0; i < 5; i++) {
      world.probed = blocked(VIP);
      awaitProbe();
      world.probed = Optional.of(new Result.Unreachable());
      awaitProbe();
    }
    assertThat(world.touched()).doesNotContain(POOL);
  }

  @Test
  void provenRouteIsWithdrawnOnlyIfItLeadsToTheApiServer() {
    objects.peer("home", "office", 1, BAD);
    pass(20);
    world.touched();
    objects.watching = false;
    world.probed = blocked(VIP);
    pass(60);
    assertThat(world.touched()).doesNotContain(POOL);
    world.probed = blocked(COVERED);
    pass(60);
    assertThat(world.touched()).contains(POOL);
  }

  @Test
  void onlyTheRouteToTheApiServerIsWithdrawn() {
    objects.peer("home", "office", 1, BAD);
    objects.peer("home", "lab", 2, "192.168.9.0/24");
    world.hide(BAD, COVERED);
    pass(20);
    assertThat(world.touched()).last().isEqualTo("host wg-home [10.70.0.0/16, 192.168.9.0/24]");
    assertThat(agent.last().sections().routes().message())
        .contains("default/office")
        .doesNotContain("default/lab");
  }

  @Test
  void withdrawnRouteIsTriedAgainAfterALongTimeAndThenLessOften() {
    objects.peer("home", "office", 1, BAD);
    world.hide(BAD, VIP);
    pass(20);
    world.touched();
    pass(HALF_AN_HOUR.toSeconds() - 30);
    assertThat(world.touched()).doesNotContain(WITH_BAD);
    pass(60);
    assertThat(world.touched()).containsSubsequence(WITH_BAD, POOL);
    pass(HALF_AN_HOUR.toSeconds());
    assertThat(world.touched()).doesNotContain(WITH_BAD);
    world.hide("none", VIP);
    pass(HALF_AN_HOUR.toSeconds() + 30);
    assertThat(world.touched()).contains(WITH_BAD);
    assertThat(agent.last().sections().routes().isTrue()).isTrue();
  }

  @Test
  void changedRoutesOfThePeerAreTriedAtOnce() {
    var peer = objects.peer("home", "office", 1, BAD);
    objects.peer("home", "lab", 2, "192.168.9.0/24");
    world.hide(BAD, COVERED);
    pass(20);
    world.touched();
    // Another Peer's routes change nothing.
    objects.peer("home", "attic", 3, "192.168.10.0/24");
    pass(20);
    assertThat(String.join(" ", world.touched())).doesNotContain(BAD);

    FakeObjects.routes(peer, "172.16.128.0/17");
    objects.changed();
    pass(20);
    assertThat(String.join(" ", world.touched())).contains("172.16.128.0/17");
    assertThat(agent.last().sections().routes().isTrue()).isTrue();
  }

  @Test
  void deletedPeerLeavesNoTrace() {
    objects.peer("home", "office", 1, BAD);
    world.hide(BAD, VIP);
    pass(20);
    assertThat(file()).exists();
    objects.peers.remove("office");
    objects.changed();
    pass(6);
    assertThat(agent.last().sections().routes().isTrue()).isTrue();
    assertThat(file()).doesNotExist();
  }

  @Test
  void withdrawnRouteStaysOutOverARestartFromDisk() {
    objects.peer("home", "office", 1, BAD);
    world.hide(BAD, VIP);
    pass(20);
    objects.synced = false;
    objects.changed();
    agent.restart();
    world.touched();
    world.probed = Optional.of(new Result.Unreachable());
    pass(60);
    assertThat(world.touched()).contains(POOL).doesNotContain(WITH_BAD);
  }

  @Test
  void routeFromDiskThatHidesTheApiServerIsWithdrawn() throws Exception {
    objects.peer("home", "office", 1, BAD);
    pass(20);
    objects.synced = false;
    objects.changed();
    agent.restart();
    world.touched();
    world.hide(BAD, VIP);
    pass(20);
    assertThat(world.touched()).containsSequence(WITH_BAD, POOL);
    assertThat(Files.readString(file())).contains(BAD, "default/office");
  }

  @Test
  void hidingRouteOfSeveralIsFound() {
    for (int i = 1; i <= 8; i++) {
      objects.peer("home", "peer-" + i, i, "192.168." + i + ".0/24");
    }
    var hiding = "192.168.3.0/24";
    world.hide(hiding, VIP);
    pass(600);
    assertThat(lastHost()).doesNotContain(hiding).contains("192.168.1.0/24", "192.168.8.0/24");
    assertThat(agent.last().sections().routes().message())
        .contains("default/peer-3 ")
        .doesNotContain("default/peer-4 ");
  }

  /** With rp_filter=1 the replies to the marked probe are dropped too. */
  @Test
  void routeIsWithdrawnWhereTheReversePathFilterHidesTheMarkedProbe() {
    objects.peer("home", "office", 1, BAD);
    world.strictReversePath = true;
    world.hide(BAD, VIP);
    pass(20);
    assertThat(world.touched()).containsSequence(WITH_BAD, POOL);
    pass(HALF_AN_HOUR.toSeconds() - 60);
    assertThat(world.touched()).as("longer than a trial").doesNotContain(WITH_BAD);
    assertThat(agent.last().sections().routes().reason()).isEqualTo(Reason.NODE_ROUTE_WITHDRAWN);
  }

  @Test
  void hidingRouteIsFoundBehindAReversePathFilter() {
    for (int i = 1; i <= 4; i++) {
      objects.peer("home", "peer-" + i, i, "192.168." + i + ".0/24");
    }
    var hiding = "192.168.3.0/24";
    world.strictReversePath = true;
    world.hide(hiding, VIP);
    pass(600);
    assertThat(lastHost()).doesNotContain(hiding).contains("192.168.1.0/24", "192.168.4.0/24");
  }

  @Test
  void absentApiServerBehindAReversePathFilterCostsOneShortTrial() {
    objects.peer("home", "office", 1, BAD);
    world.probed = Optional.of(new Result.Filtered(Set.of(VIP)));
    objects.watching = false;
    pass(25 * 60);
    assertThat(world.touched().stream().filter(call -> call.startsWith("host ")))
        .startsWith(WITH_BAD, POOL, WITH_BAD)
        .endsWith(WITH_BAD)
        .filteredOn(POOL::equals)
        .hasSize(1);
    world.probed = Optional.of(new Result.Reached());
    objects.watching = true;
    pass(20);
    assertThat(agent.last().sections().routes().isTrue()).isTrue();
  }

  @Test
  void changedBypassAddressesAreAppliedAtOnce() {
    objects.peer("home", "office", 1, BAD);
    pass(20);
    world.touched();
    world.bypassAddresses = new BypassAddresses(Set.of(COVERED.address()), Set.of());
    agent.step();
    assertThat(world.touched()).containsExactly(WITH_BAD);
    agent.step();
    assertThat(world.touched()).isEmpty();
  }

  private String lastHost() {
    return world.touched().stream()
        .filter(call -> call.startsWith("host "))
        .reduce("", (a, b) -> b);
  }

  private void awaitProbe() {
    int before = world.probes;
    for (int i = 0; i < 60 && world.probes == before; i++) {
      pass(1);
    }
    pass(1);
  }

  private void pass(long seconds) {
    for (long i = 0; i < seconds; i++) {
      agent.step();
      world.pass(Duration.ofSeconds(1));
    }
    agent.step();
  }

  private static Optional<Result> blocked(ApiTarget target) {
    return Optional.of(new Result.Blocked(Set.of(target)));
  }

  private Path file() {
    return Objects.requireNonNull(folder.resolve("networks/home.withdrawn.json"));
  }
}
