package dev.wiremesh.lab.story;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.core.net.IpPrefix;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The {@code wg-quick.conf} in the Secret of a Peer, as it is at each call. */
record ClientFile(KubernetesClient client, String namespace, String peer) {
  private static final String FILE = "wg-quick.conf";
  private static final String ALLOWED_IPS = "AllowedIPs = ";

  /** Whether the file is there, and has the routes of the other Peers of the namespace. */
  boolean hasAllRoutes() {
    var allowed = allowedIps();
    return !allowed.isEmpty()
        && expected(peer, client.resources(Peer.class).inNamespace(namespace).list().getItems())
            .stream()
            .allMatch(route -> allowed.stream().anyMatch(prefix -> prefix.contains(route)));
  }

  private List<IpPrefix> allowedIps() {
    var secret = client.secrets().inNamespace(namespace).withName(peer + "-wiremesh").get();
    if (secret == null || secret.getData() == null || !secret.getData().containsKey(FILE)) {
      return List.of();
    }
    var text =
        new String(Base64.getDecoder().decode(secret.getData().get(FILE)), StandardCharsets.UTF_8);
    return allowedIps(text);
  }

  /** The allowed IPs of a file. */
  static List<IpPrefix> allowedIps(String text) {
    return text.lines()
        .filter(line -> line.startsWith(ALLOWED_IPS))
        .flatMap(line -> Stream.of(line.substring(ALLOWED_IPS.length()).split(",\\s*")))
        .map(IpPrefix::parse)
        .toList();
  }

  /** The routes of the other Peers, except those that overlap the Peer's own LANs. */
  static List<IpPrefix> expected(String peer, List<Peer> peers) {
    var own = new ArrayList<IpPrefix>();
    var others = new ArrayList<IpPrefix>();
    for (var each : peers) {
      for (var route : each.getSpec().routes) {
        if (each.getMetadata().getName().equals(peer)) {
          own.add(IpPrefix.parse(route.cidr));
          own.add(block(route));
        } else {
          others.add(block(route));
        }
      }
    }
    return others.stream().filter(route -> own.stream().noneMatch(route::overlaps)).toList();
  }

  /** The range under which the mesh knows a route. */
  private static IpPrefix block(PeerSpec.Route route) {
    return IpPrefix.parse(Objects.requireNonNullElse(route.translateTo, route.cidr));
  }
}
