package dev.wiremesh.agent.loop;

import static dev.wiremesh.agent.loop.FakeObjects.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that are missing, new or broken. */
final class KeysOfANodeTest {
  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;

  KeysOfANodeTest(@TempDir Path folder) {
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
  }

  @Test
  void missingKeyIsWaitedForAndALostOneIsKept() {
    objects.network("home", 51900);
    objects.secrets.remove("wiremesh-node-home.node-a");
    agent.step();
    assertThat(world.touched()).isEmpty();
    assertThat(agent.last().sections().summary().message())
        .isEqualTo("Secret wiremesh-node-home.node-a is not there.");
    assertThat(agent.last().publicKey()).isNull();

    objects.meshNode("home", "node-a", 1, true);
    agent.step();
    assertThat(world.touched()).containsExactly("open wg-home", "apply wg-home", LoopFixture.HOST);
    assertThat(agent.last().publicKey()).isEqualTo(key("node-a"));

    objects.secrets.remove("wiremesh-node-home.node-a");
    objects.changed();
    agent.step();
    assertThat(world.touched()).isEmpty();
  }

  @Test
  void newKeyIsTaken() {
    objects.network("home", 51900);
    agent.step();
    world.touched();
    objects.secret(
        "wiremesh-node-home.node-a", "privateKey", FakeObjects.privateKey("another").toBase64());
    agent.step();
    assertThat(world.touched()).containsExactly("apply wg-home");
    assertThat(agent.last().publicKey()).isEqualTo(key("another"));
  }

  @Test
  void brokenKeyIsExplainedWithoutRepeatingIt() {
    objects.network("home", 51900);
    objects.secret("wiremesh-node-home.node-a", "privateKey", "hunter2");
    agent.step();
    assertThat(agent.last().sections().summary().message())
        .startsWith("Entry privateKey of Secret wiremesh-node-home.node-a is not a key: ")
        .doesNotContain("hunter2");
  }
}
