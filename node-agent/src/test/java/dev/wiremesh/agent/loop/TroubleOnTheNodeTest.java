package dev.wiremesh.agent.loop;

import static dev.wiremesh.agent.loop.FakeObjects.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.contract.Reason;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failures of the node are reported and retried. */
final class TroubleOnTheNodeTest {
  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;

  TroubleOnTheNodeTest(@TempDir Path folder) {
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
  }

  @Test
  void takenPortIsReportedAndRetriedWithBackoff() {
    objects.network("home", 51900);
    world.deviceRefuses = new BindException("Address already in use");
    agent.step();
    assertThat(agent.last().sections().device().reason()).isEqualTo(Reason.NODE_PORT_IN_USE);
    assertThat(agent.last().sections().device().message())
        .contains("UDP port 51900 is taken on this node");
    assertThat(agent.loop().isReady()).isFalse();
    world.touched();

    int tries = 0;
    for (int second = 0; second < 60; second++) {
      world.pass(Duration.ofSeconds(1));
      agent.step();
      tries += (int) world.touched().stream().filter("apply wg-home"::equals).count();
    }
    assertThat(tries).isBetween(4, 7);

    world.deviceRefuses = null;
    world.pass(Duration.ofSeconds(31));
    agent.step();
    assertThat(agent.last().sections().allWell()).isTrue();
    assertThat(agent.loop().isReady()).isTrue();
  }

  @Test
  void generationIsAppliedOnceAllOfItIsInForce() {
    objects.network("home", 51900);
    agent.step();
    assertThat(agent.last().generations().applied()).isEqualTo(1);

    world.hostRefuses = new IOException("no");
    var meshNode = objects.meshNode("home", "node-a", 7, true);
    meshNode.getMetadata().setGeneration(2L);
    objects.changed();
    agent.step();
    assertThat(agent.last().generations().observed()).isEqualTo(2);
    assertThat(agent.last().generations().applied()).isEqualTo(1);

    world.hostRefuses = null;
    world.pass(Duration.ofSeconds(31));
    agent.step();
    assertThat(agent.last().generations().applied()).isEqualTo(2);
  }

  @Test
  void hostFailureIsReported() {
    objects.network("home", 51900);
    world.hostRefuses = new IOException("add route 10.70.0.0/16: Operation not permitted");
    agent.step();
    assertThat(agent.last().sections().device().isTrue()).isTrue();
    assertThat(agent.last().sections().routes().message())
        .isEqualTo("The host refuses: add route 10.70.0.0/16: Operation not permitted.");
  }

  @Test
  void oneNetworksTroubleIsNotAnothers() {
    objects.network("bad", 51901);
    world.deviceRefuses = new IOException("no");
    agent.step();
    world.deviceRefuses = null;
    world.touched();
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    assertThat(world.touched()).contains("open wg-home", "apply wg-home");
    assertThat(agent.device().peers).containsKey(key("laptop"));
  }

  @Test
  void interfaceOfAnotherProgramIsLeftAlone() {
    world.foreignInterface = true;
    objects.network("home", 51900);
    agent.step();
    assertThat(world.touched()).isEmpty();
    assertThat(agent.last().sections().device().message())
        .contains("There is an interface wg-home on this node that Wiremesh did not make");
    assertThat(agent.footprints.load()).isEmpty();
  }
}
