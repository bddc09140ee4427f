package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.host.Relay;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.process.JavaProgram;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway's agent with the heap of its image's flags and the chart's memory limit, and 10,000
 * Peers. It lists them, and lists them anew after 410 Gone, also when many have an annotation as
 * large as the API server accepts.
 *
 * <p>Takes half a minute: the API server sends 600 MB of annotations.
 */
@RequiresTun
@RequiresTool({"ip", "nft", "wg", "curl"})
final class AgentHeapTest {
  /** The number of Peers of a large cluster. */
  private static final int PEERS = 10_000;

  /** An object has at most 256 KiB of annotations. */
  private static final int FAT = 250_000;

  /** Half of the 512 MiB that the chart gives. */
  private static final String HEAP = "-Xmx256m";

  private static final String API = "127.0.0.1:6443";
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Hosts hosts = Hosts.forTest("hp");
  @TempDir private Path folder;

  @AfterEach
  void close() {
    hosts.close();
  }

  @Test
  void tenThousandPeersFitInTheShippedHeapAlsoWhenListedAgain() throws IOException {
    var host = hosts.create("node-a");
    host.address("lo", "172.31.0.1/32");
    var socket = folder.resolve("api.sock").toString();
    try (var api = new ManyPeersApi(PEERS);
        var _ = Relay.start(socket, api.address());
        var _ = start(host, "relay", List.of(), Relay.class, API, socket);
        var agent = startAgent(host)) {
      await().atMost(PATIENCE).until(() -> isAlive(agent) && programmed(host) == PEERS);

      listAgain(api, agent, 0);
      listAgain(api, agent, FAT);

      assertThat(programmed(host)).isEqualTo(PEERS);
      assertThat(host.exec("curl", "-sf", "http://127.0.0.1:9586/healthz")).isNotNull();
      assertThat(Files.readString(agent.log())).doesNotContain("OutOfMemoryError");
    }
  }

  private void listAgain(ManyPeersApi api, ManagedProcess agent, int annotationBytes) {
    api.annotate(annotationBytes);
    int before = api.fullLists();
    await()
        .atMost(PATIENCE)
        .until(() -> {
          api.expireWatches();
          return isAlive(agent) && api.fullLists() > before;
        });
  }

  private static boolean isAlive(ManagedProcess agent) {
    assertThat(agent.isAlive()).as(() -> "the agent: " + agent.lastLines(10)).isTrue();
    return true;
  }

  private static long programmed(Host host) {
    return host.exec("wg", "show", "wg-home", "peers").lines().count();
  }

  private ManagedProcess startAgent(Host host) throws IOException {
    var kubeconfig = folder.resolve("kubeconfig");
    Files.writeString(kubeconfig, ManyPeersApi.kubeconfig(API));
    return start(
        host,
        "agent",
        List.of(
            HEAP,
            "-XX:+UseSerialGC",
            "-Xmn24m",
            "-XX:+UseCompactObjectHeaders",
            "-XX:+ExitOnOutOfMemoryError",
            "--add-modules",
            "jdk.incubator.vector"),
        AgentMain.class);
  }

  private ManagedProcess start(
      Host host, String name, List<String> flags, Class<?> program, String... arguments) {
    return host.start(
        name,
        JavaProgram.command(flags, program, arguments),
        Map.of(
            AgentConfig.NODE_NAME,
            ManyPeersApi.NODE,
            "KUBECONFIG",
            folder.resolve("kubeconfig").toString()),
        folder.resolve(name + ".log"));
  }
}
