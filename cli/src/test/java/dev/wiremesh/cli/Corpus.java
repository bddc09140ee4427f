package dev.wiremesh.cli;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.ForbiddenRanges;
import dev.wiremesh.core.route.RoutePermissions;
import dev.wiremesh.core.route.RouteRules;
import dev.wiremesh.core.topology.Topology;
import dev.wiremesh.core.view.MeshView;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The operator's golden files: Peers with the configurations that the operator makes for them. Each
 * input of the operator's test is an input here.
 */
public record Corpus(String name, Peer peer, String configuration) {
  private static final Path FOLDER =
      Path.of("../operator/src/test/resources/client-configurations");

  /** The private key of each configuration. */
  private static final String KEY = "WMc9YfRhdm8cC5TQKoM/2mMTSXYPVYCF6n/gQLCr0lo=";

  /** All of them, in alphabetical order. */
  public static List<Corpus> all() throws IOException {
    try (var files = Files.list(FOLDER)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> file.startsWith("in-"))
          .map(file -> file.substring("in-".length(), file.length() - ".yaml".length()))
          .sorted()
          .map(Corpus::named)
          .toList();
    }
  }

  /** The one of this name. */
  public static Corpus named(String name) {
    try {
      return new Corpus(
          name,
          subject(Files.readString(FOLDER.resolve("in-" + name + ".yaml"))),
          Files.readString(FOLDER.resolve("out-" + name + ".conf")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The Peer "subject" with the decisions on its routes, as the operator writes them. */
  private static Peer subject(String input) {
    var nodes = new ArrayList<MeshNode>();
    var peers = new ArrayList<Peer>();
    WireGuardNetwork network = null;
    for (var document : input.split("\n---\n")) {
      if (document.contains("kind: WireGuardNetwork")) {
        // The first is the subject's; the others matter to the operator alone.
        network =
            network == null ? Serialization.unmarshal(document, WireGuardNetwork.class) : network;
      } else if (document.contains("kind: MeshNode")) {
        nodes.add(Serialization.unmarshal(document, MeshNode.class));
      } else {
        peers.add(Serialization.unmarshal(document, Peer.class));
      }
    }
    var subject =
        peers.stream()
            .filter(it -> it.getMetadata().getName().equals("subject"))
            .findFirst()
            .orElseThrow();
    // The operator writes it before it looks at the routes: a Peer without a key is no member.
    var given = subject.getSpec().publicKey;
    subject.getStatus().publicKey =
        given == null ? PrivateKey.parse(KEY).publicKey().toString() : given;
    var view = MeshViews.read(Objects.requireNonNull(network), nodes, peers).orElseThrow();
    var members = Topology.members(view, rules(network, view));
    var decisions = members.routesOf(MeshViews.name(subject));
    for (var spec : subject.getSpec().routes) {
      var block = MeshViews.siteRoute(spec).orElseThrow().meshBlock();
      var route = new PeerStatus.RouteStatus();
      route.cidr = spec.cidr;
      route.translateTo = spec.translateTo;
      route.state =
          decisions.stream()
              .filter(decision -> decision.cidr().equals(block))
              .map(decision -> PeerStatus.RouteState.valueOf(decision.state().name()))
              .findFirst()
              .orElseThrow();
      subject.getStatus().routes.add(route);
    }
    return subject;
  }

  /** The operator's rules, with the cluster's ranges from the input's status. */
  private static RouteRules rules(WireGuardNetwork network, MeshView view) {
    var forbidden = ForbiddenRanges.builder().addAll(ForbiddenRanges.of(view));
    for (var cidr : Objects.requireNonNull(network.getStatus().effective).clusterCIDRs) {
      forbidden.forbid(IpPrefix.parse(cidr), "the cluster's pods or Services");
    }
    var routes = network.getSpec().peerRoutes;
    var allowed = routes == null ? List.<String>of() : routes.allowed;
    return new RouteRules(
        network.getMetadata().getName(),
        new RoutePermissions(allowed.stream().map(IpPrefix::parse).toList(), Map.of()),
        forbidden.build());
  }
}
