package dev.wiremesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.route.PublishedRoutes;
import dev.wiremesh.core.topology.Topology;
import dev.wiremesh.core.wgquick.WgQuickText;
import dev.wiremesh.operator.clientconfig.ClientConfiguration;
import dev.wiremesh.operator.clientconfig.ClientKeys;
import dev.wiremesh.operator.ipam.NetworkPools;
import dev.wiremesh.operator.kube.InstalledKinds;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Property: every object that schema and CEL accept is read, planned and written by operator and
 * agent without an exception. The API server judges a share of the objects by a dry run; the
 * readers get all of them.
 */
final class AcceptedObjectsAreReadTest {
  private static final int MESHES = 400;
  private static final int NODES = 4;
  private static final int PEERS = 20;
  private static final int JUDGED = 200;
  private static final PrivateKey KEY = PrivateKey.of(Arrays.copyOf(new byte[] {1, 2, 3}, 32));

  private final long seed = Long.getLong("seed", 20260301L);

  @Test
  void everyObjectIsReadAndPlanned() throws Exception {
    var random = new Random(seed);
    var networks = new SchemaObjects("wireguardnetworks.yaml", random);
    var nodes = new SchemaObjects("meshnodes.yaml", random);
    var peers = new SchemaObjects("peers.yaml", random);
    int read = 0;
    int plans = 0;
    for (int mesh = 0; mesh < MESHES; mesh++) {
      try {
        var network =
            parse(networks.withPools(networks.object("", "home")), WireGuardNetwork.class);
        var meshNodes = new ArrayList<MeshNode>();
        for (int i = 0; i < NODES; i++) {
          var node = nodes.object("", "home.node-" + i);
          inNetwork(node).put("nodeName", "node-" + i);
          meshNodes.add(parse(node, MeshNode.class));
        }
        var members = new ArrayList<Peer>();
        for (int i = 0; i < PEERS; i++) {
          var peer = peers.object("tenant-" + i % 3, "peer-" + i);
          inNetwork(peer);
          members.add(parse(peer, Peer.class));
        }
        read += 1 + NODES + PEERS;
        plans += plan(network, meshNodes, members);
      } catch (RuntimeException e) {
        throw new AssertionError("mesh " + mesh + " of seed " + seed, e);
      }
    }
    assertThat(read).isEqualTo(10_000);
    assertThat(plans).isGreaterThan(500);
  }

  private static ObjectNode inNetwork(ObjectNode object) {
    var spec = (ObjectNode) object.get("spec");
    spec.putObject("networkRef").put("name", "home");
    return spec;
  }

  private static <T> T parse(ObjectNode object, Class<T> kind) {
    return Serialization.unmarshal(object.toString(), kind);
  }

  private static int plan(WireGuardNetwork network, List<MeshNode> nodes, List<Peer> peers) {
    assertThat(MeshViews.unreadable(network)).isEmpty();
    nodes.forEach(node -> assertThat(MeshViews.unreadable(node)).isEmpty());
    peers.forEach(peer -> assertThat(MeshViews.unreadable(peer)).isEmpty());
    var pools = NetworkPools.of(network);
    pools.pools().forEach(pool -> pools.use(pool, Map.of(), Instant.EPOCH));
    Conditions.isTrue(network.getStatus().conditions, ConditionType.READY);
    var view = MeshViews.read(network, nodes, peers);
    if (view.isEmpty()) {
      return 0;
    }
    var policy = PublishedRoutes.of(view.get());
    int plans = 0;
    for (var node : nodes) {
      if (Topology.planFor(node.getSpec().nodeName, view.get(), policy).isPresent()) {
        plans++;
      }
    }
    var mesh = new Mesh(view.get(), Topology.members(view.get(), policy));
    for (var peer : peers) {
      var client =
          new ClientConfiguration(
              peer,
              network,
              mesh,
              LenientParsing.readAll(peer.getStatus().addresses, IpAddress::parse),
              new ConfiguredEndpoint("vpn.example.com", 51900),
              List.of());
      client.problem();
      client.advice();
      var configuration = client.config(new ClientKeys(KEY, KEY.publicKey(), null));
      assertThat(WgQuickText.render(configuration)).contains("[Interface]");
    }
    return plans;
  }

  @RequiresKubernetes
  @Test
  void apiServerAcceptsMostOfThem(ControlPlane controlPlane) throws Exception {
    var random = new Random(seed);
    var accepted = 0;
    var refusals = new ArrayList<String>();
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
      InstalledKinds.install(client, "peers.yaml");
      InstalledKinds.install(client, "wireguardnetworks.yaml");
      var peers = new SchemaObjects("peers.yaml", random);
      var networks = new SchemaObjects("wireguardnetworks.yaml", random);
      for (int i = 0; i < JUDGED; i++) {
        var object =
            i % 4 == 0
                ? networks.withPools(networks.object("", "home-" + i))
                : peers.object("default", "peer-" + i);
        if (i % 4 != 0) {
          inNetwork(object);
        }
        object.remove("status");
        object.with("metadata").remove(List.of("uid", "generation", "creationTimestamp"));
        try {
          client.resource(parse(object, GenericKubernetesResource.class)).dryRun().create();
          accepted++;
        } catch (KubernetesClientException e) {
          refusals.add(String.valueOf(e.getMessage()));
        }
      }
    }
    assertThat(accepted)
        .as("of seed %d refused: %s", seed, refusals.stream().limit(5).toList())
        .isGreaterThan(JUDGED / 3);
  }
}
