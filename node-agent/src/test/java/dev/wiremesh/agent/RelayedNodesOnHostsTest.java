package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.MeshNodeEndpoint;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Topology;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Five nodes on one underlay: two gateways with both address families, one node with IPv4 alone and
 * two with IPv6 alone; agents as processes at a real API server. The underlay's packets say which
 * way the mesh's packets take.
 *
 * <p>Takes a minute and a half: five agents start, and the mesh changes five times.
 */
@Tag("long")
@RequiresKubernetes(own = true)
@RequiresTool({"wg", "ping", "nft", "tcpdump"})
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ConcurrentClass
final class RelayedNodesOnHostsTest extends OnHosts {
  /** A change takes a second or two; agents on a loaded machine apply it at different times. */
  private static final Duration MOST_UNDER_LOAD = Duration.ofSeconds(20);

  private static final String HUB_1 = "hub-1";
  private static final String HUB_2 = "hub-2";
  private static final String OLD = "ipv4-node";
  private static final String NEW_1 = "ipv6-node-1";
  private static final String NEW_2 = "ipv6-node-2";

  private static final Pattern ENDPOINTS =
      Pattern.compile("IP6? (\\S+)\\.51900 > (\\S+)\\.51900: ");

  private static final List<String> HUBS_ON_UNDERLAY =
      List.of("172.31.0.1", "172.31.0.2", "fd31::1", "fd31::2");

  RelayedNodesOnHostsTest(ControlPlane controlPlane) throws IOException {
    super(controlPlane);
  }

  @BeforeAll
  void buildMesh() throws IOException {
    mesh.buildUnderlay();
    mesh.addNode(HUB_1, true, 1, "172.31.0.1", "fd31::1");
    mesh.addNode(HUB_2, true, 2, "172.31.0.2", "fd31::2");
    mesh.addNode(OLD, false, 3, "172.31.0.3");
    mesh.addNode(NEW_1, false, 4, "fd31::4");
    mesh.addNode(NEW_2, false, 5, "fd31::5");
  }

  @Test
  @Order(1)
  void nodesOfOneFamilyHaveASessionAndCarryBothFamilies() {
    for (var inside : List.of("10.70.0.5", "fd70::5")) {
      mesh.awaitPing(NEW_1, inside);
      awaitDirect(NEW_1, inside, "fd31::5");
    }
    for (var inside : List.of("10.70.0.1", "fd70::1")) {
      mesh.awaitPing(OLD, inside);
      awaitDirect(OLD, inside, "172.31.0.1");
      mesh.awaitPing(NEW_1, inside);
      awaitDirect(NEW_1, inside, "fd31::1");
    }
  }

  @Test
  @Order(2)
  void gatewayRelaysBetweenNodesWithoutACommonFamily() {
    for (var inside : List.of("10.70.0.4", "fd70::4")) {
      mesh.awaitPing(OLD, inside);
      awaitRelayed(OLD, inside);
    }
    for (var inside : List.of("10.70.0.3", "fd70::3")) {
      mesh.awaitPing(NEW_2, inside);
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(mesh.host(OLD).exec("ping", "-n", "-c", "1", "-W", "2", "10.70.0.4"))
                .as("one hop, which decrements the TTL")
                .contains("ttl=63"));
  }

  @Test
  @Order(3)
  void nodeOfAnotherSiteIsReachedByWayOfAGatewayUntilTheSiteIsTheSame() {
    for (var hub : List.of(HUB_1, HUB_2)) {
      cluster.editNode(
          "home",
          hub,
          spec -> {
            spec.site = "cloud";
            spec.endpoints.forEach(endpoint -> endpoint.type = MeshNodeEndpoint.Type.EXTERNAL_IP);
          });
    }
    cluster.editNode("home", NEW_2, spec -> spec.site = "office");
    awaitRelayed(NEW_1, "10.70.0.5");
    mesh.awaitPing(NEW_2, "10.70.0.4");

    cluster.editNode("home", NEW_1, spec -> spec.site = "office");
    awaitDirect(NEW_1, "10.70.0.5", "fd31::5");
    mesh.awaitPing(NEW_2, "10.70.0.4");
  }

  @Test
  @Order(4)
  void topologyChangesUnderAFlowInBothDirections() {
    for (var topology : List.of(Topology.HUB_AND_SPOKE, Topology.FULL_MESH)) {
      try (var flow = Flow.start(mesh, NEW_1, "10.70.0.5")) {
        cluster.topology("home", topology);
        if (topology == Topology.HUB_AND_SPOKE) {
          awaitRelayed(NEW_1, "10.70.0.5");
          awaitRelayed(NEW_2, "10.70.0.4");
        } else {
          awaitDirect(NEW_1, "10.70.0.5", "fd31::5");
          awaitDirect(NEW_2, "10.70.0.4", "fd31::4");
        }
        assertThat(flow.longestGap()).as(topology.name()).isLessThan(MOST_UNDER_LOAD);
      }
    }
  }

  @Test
  @Order(5)
  void anotherGatewayTakesOverFromOneThatDies() {
    cluster.topology("home", Topology.HUB_AND_SPOKE);
    var relay = awaitRelayed(NEW_1, "10.70.0.5");
    var dying = relay.endsWith("1") ? HUB_1 : HUB_2;
    var other = relay.endsWith("1") ? "fd31::2" : "fd31::1";
    try (var flow = Flow.start(mesh, NEW_1, "10.70.0.5")) {
      mesh.agent(dying).kill();
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(othersHeard(NEW_1, "10.70.0.5")).containsExactly(other));
      mesh.awaitPing(NEW_1, "10.70.0.5");
      mesh.awaitPing(NEW_2, "10.70.0.4");
      assertThat(flow.longestGap()).isLessThan(Duration.ofSeconds(25).plus(MOST_UNDER_LOAD));
    }
    mesh.startAgent(dying);
    mesh.awaitPing(NEW_1, "10.70.0." + (dying.equals(HUB_1) ? 1 : 2));
    mesh.awaitPing(NEW_1, "10.70.0.5");
  }

  /** Returns the underlay address of the gateway. */
  private String awaitRelayed(String from, String inside) {
    var heard = new AtomicReference<List<String>>(List.of());
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          heard.set(othersHeard(from, inside));
          assertThat(heard.get()).hasSize(1).isSubsetOf(HUBS_ON_UNDERLAY);
        });
    return heard.get().getFirst();
  }

  private void awaitDirect(String from, String inside, String underlay) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(othersHeard(from, inside)).containsExactly(underlay));
  }

  /**
   * The underlay addresses that a node exchanges datagrams with while it sends echo requests. The
   * requests are larger than handshakes, keepalives and the packets of other flows.
   */
  private List<String> othersHeard(String from, String inside) {
    var host = mesh.host(from);
    try (var capture = host.capture("eth0", "udp port 51900 and greater 390")) {
      host.command("ping", "-n", "-c", "2", "-i", "0.2", "-W", "1", "-s", "300", inside).run();
      return capture.packets().stream()
          .flatMap(packet -> ENDPOINTS.matcher(packet).results())
          .flatMap(line -> Stream.of(line.group(1), line.group(2)))
          .filter(address -> !Arrays.asList(mesh.underlayOf(from)).contains(address))
          .distinct()
          .toList();
    }
  }

  /** A flow of echo requests, ten a second. */
  private static final class Flow implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(100);
    private static final Pattern REPLY = Pattern.compile("icmp_seq=(\\d+) ttl=");

    private final ManagedProcess ping;

    private Flow(ManagedProcess ping) {
      this.ping = ping;
    }

    /** Starts it; it flows when this returns. */
    static Flow start(MeshOnHosts mesh, String from, String inside) {
      var flow =
          new Flow(
              mesh.host(from)
                  .start(
                      "ping",
                      List.of("ping", "-n", "-i", "0.1", inside),
                      Map.of(),
                      mesh.newFile("ping.log")));
      await().atMost(PATIENCE).until(() -> !flow.answered().isEmpty());
      return flow;
    }

    /** The sequence numbers of the replies so far, in their order of arrival. */
    private List<Integer> answered() {
      try {
        return REPLY
            .matcher(Files.readString(ping.log()))
            .results()
            .map(reply -> Integer.valueOf(reply.group(1)))
            .toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The longest time without an answer, once requests are answered again. */
    Duration longestGap() {
      int before = answered().size();
      await().atMost(PATIENCE).until(() -> answered().size() > before + 5);
      var answered = answered().stream().sorted().toList();
      int longest = 1;
      for (int i = 1; i < answered.size(); i++) {
        longest = Math.max(longest, answered.get(i) - answered.get(i - 1));
      }
      return INTERVAL.multipliedBy(longest - 1);
    }

    @Override
    public void close() {
      ping.close();
    }
  }
}
