package dev.wiremesh.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.uninstall.Uninstall.CleanupResult;
import dev.wiremesh.agent.uninstall.Uninstall.Request;
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
    world.uninstallRequest = Request.CLEAN;
    agent.step();
    assertThat(world.touched()).containsExactly("close wg-home", "clean");
    assertThat(world.uninstallResults).containsExactly(new CleanupResult.Clean(1));
    assertThat(agent.loop().live()).isEmpty();
    assertThat(agent.loop().isAlive()).isTrue();
  }

  @Test
  void nothingIsMadeAnewByThisProcess() {
    world.uninstallRequest = Request.CLEAN;
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
    world.uninstallRequest = Request.CLEAN;
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

  @Test
  void checkChangesNothing() {
    world.uninstallRequest = Request.CHECK;
    agent.step();
    world.uninstallRequest = Request.CHECK;
    world.hostRefuses = new IOException("nft does not answer");
    agent.step();
    assertThat(world.touched()).doesNotContain("clean", "close wg-home");
    assertThat(world.uninstallResults)
        .containsExactly(
            new CleanupResult.Ready(), new CleanupResult.NotReady("nft does not answer"));
    assertThat(agent.loop().live()).hasSize(1);
  }

  @Test
  void cancelledUninstallationMakesTheMeshAgain() {
    world.uninstallRequest = Request.CLEAN;
    agent.step();
    agent.step();
    assertThat(agent.loop().live()).isEmpty();
    world.touched();
    world.uninstallRequest = Request.CANCEL;
    agent.step();
    assertThat(world.touched()).anyMatch(call -> call.startsWith("host wg-home"));
    assertThat(agent.loop().live()).hasSize(1);
    world.touched();
    agent.step();
    assertThat(world.touched()).as("the same cancellation again").doesNotContain("close wg-home");
  }

  /** The cleanup of one node failed, and is being retried. */
  @Test
  void cancellationEndsTheRetries() {
    world.uninstallRequest = Request.CLEAN;
    world.hostRefuses = new IOException("nft does not answer");
    agent.step();
    world.hostRefuses = null;
    world.uninstallRequest = Request.CANCEL;
    world.touched();
    agent.step();
    assertThat(world.touched()).doesNotContain("clean");
    assertThat(agent.loop().live()).hasSize(1);
  }

  /** An uninstallation that stopped half-way is begun again, and waits for every node anew. */
  @Test
  void secondRequestIsAnsweredAgain() {
    world.uninstallRequest = Request.CLEAN;
    agent.step();
    world.uninstallRequest = Request.CLEAN;
    agent.step();
    assertThat(world.touched()).containsExactly("close wg-home", "clean", "clean");
    assertThat(world.uninstallResults)
        .containsExactly(new CleanupResult.Clean(1), new CleanupResult.Clean(1));

    world.uninstallRequest = Request.CLEAN;
    world.hostRefuses = new IOException("nft does not answer");
    agent.step();
    world.uninstallRequest = Request.CLEAN;
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
