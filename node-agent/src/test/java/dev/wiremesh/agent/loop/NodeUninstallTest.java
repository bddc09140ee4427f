package dev.wiremesh.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.uninstall.Uninstall.CleanupResult;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The node is left clean when that was asked for, and only then. */
final class NodeUninstallTest {
  private final LoopFixture agent;
  private final FakeWorld world;

  NodeUninstallTest(@TempDir Path folder) {
    agent = new LoopFixture(folder);
    world = agent.world;
    agent.objects.network("home", 51900);
    agent.step();
    world.touched();
  }

  @Test
  void devicesAreClosedBeforeTheNodeIsCleaned() {
    world.uninstallAsked = true;
    agent.step();
    assertThat(world.touched()).containsExactly("close wg-home", "clean");
    assertThat(world.uninstallResults).containsExactly(new CleanupResult.Clean(1));
    assertThat(agent.loop().live()).isEmpty();
    assertThat(agent.loop().isAlive()).isTrue();
  }

  @Test
  void nothingIsMadeAnewByThisProcess() {
    world.uninstallAsked = true;
    agent.step();
    world.touched();
    agent.objects.peer("home", "laptop", 1);
    agent.step();
    agent.step();
    assertThat(world.touched()).isEmpty();
    assertThat(world.uninstallResults).hasSize(1);
  }

  @Test
  void failureIsReportedOnceAndRetried() {
    world.uninstallAsked = true;
    world.hostRefuses = new IOException("nft does not answer");
    agent.step();
    agent.step();
    assertThat(world.touched()).containsExactly("close wg-home", "clean", "clean");
    assertThat(world.uninstallResults)
        .containsExactly(new CleanupResult.Failed("nft does not answer"));
    world.hostRefuses = null;
    agent.step();
    assertThat(world.uninstallResults).endsWith(new CleanupResult.Clean(1));
  }

  /** An uninstallation that stopped half-way is begun again, and waits for every node anew. */
  @Test
  void secondRequestIsAnsweredAgain() {
    world.uninstallAsked = true;
    agent.step();
    world.uninstallAsked = true;
    agent.step();
    assertThat(world.touched()).containsExactly("close wg-home", "clean", "clean");
    assertThat(world.uninstallResults)
        .containsExactly(new CleanupResult.Clean(1), new CleanupResult.Clean(1));

    world.uninstallAsked = true;
    world.hostRefuses = new IOException("nft does not answer");
    agent.step();
    world.uninstallAsked = true;
    agent.step();
    assertThat(world.uninstallResults)
        .endsWith(
            new CleanupResult.Failed("nft does not answer"),
            new CleanupResult.Failed("nft does not answer"));
  }

  @Test
  void silenceOfTheApiServerRemovesNothing() {
    agent.objects.synced = false;
    agent.objects.changed();
    agent.step();
    assertThat(world.touched()).isEmpty();
    assertThat(world.uninstallResults).isEmpty();
  }
}
