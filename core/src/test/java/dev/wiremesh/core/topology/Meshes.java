package dev.wiremesh.core.topology;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Small meshes to plan for: what a test does not say is as usual. */
final class Meshes {
  static final PublicKey GATEWAY_KEY = key("gateway identity");
  static final Duration KEEPALIVE = Duration.ofSeconds(25);

  private Meshes() {}

  static NetworkView network() {
    return new NetworkView(
        "home",
        prefixes("10.70.0.0/16", "fd70::/64"),
        prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
        prefixes("10.244.0.0/16", "10.96.0.0/12"),
        new DeviceParameters("wm-home", 51900, 5190, 519, new Mtu.Auto()),
        KEEPALIVE,
        true,
        GATEWAY_KEY,
        null,
        false,
        List.of());
  }

  /** Node a is .1, reachable at 172.31.0.1, and so on. */
  static NodeView node(String name) {
    int number = name.charAt(name.length() - 1) - 'a' + 1;
    return new NodeView(
        name,
        age(number, "uid-" + name),
        addresses("10.70.0." + number, "fd70::" + number),
        key(name),
        new ConfiguredEndpoint("172.31.0." + number, 51900),
        false,
        addresses("172.31.0." + number),
        prefixes("10.244." + number + ".0/24"));
  }

  static NodeView gateway(String name) {
    var node = node(name);
    return new NodeView(
        node.name(),
        node.age(),
        node.addresses(),
        node.publicKey(),
        node.endpoint(),
        true,
        node.nodeAddresses(),
        node.podCidrs());
  }

  static NodeView withoutKey(NodeView node) {
    return new NodeView(
        node.name(),
        node.age(),
        node.addresses(),
        null,
        node.endpoint(),
        node.gateway(),
        node.nodeAddresses(),
        node.podCidrs());
  }

  static PeerDraft peer(String name, int second, String address) {
    return new PeerDraft(
        new PeerView(
            new PeerName("default", name),
            age(second, "uid-" + name),
            key(name),
            addresses(address),
            List.of(),
            null,
            null,
            true,
            false,
            "node-a"));
  }

  static CreationOrder age(int second, String uid) {
    return new CreationOrder(Instant.parse("2026-03-01T12:00:00Z").plusSeconds(second), uid);
  }

  static PublicKey key(String name) {
    return PublicKey.of(Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), 32));
  }

  static List<IpAddress> addresses(String... texts) {
    return Stream.of(texts).map(IpAddress::parse).toList();
  }

  static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }

  static List<RoutePlan> routes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).map(RoutePlan::toDevice).toList();
  }

  /** A peer that is like another in all but one respect. */
  record PeerDraft(PeerView view) {
    PeerDraft routes(String... cidrs) {
      return with(view.publicKey(), prefixes(cidrs), view.suspended(), view.homeGateway());
    }

    PeerDraft suspended() {
      return with(view.publicKey(), view.routes(), true, view.homeGateway());
    }

    PeerDraft homeGateway(@Nullable String node) {
      return with(view.publicKey(), view.routes(), view.suspended(), node);
    }

    PeerDraft publicKey(@Nullable PublicKey key) {
      return with(key, view.routes(), view.suspended(), view.homeGateway());
    }

    PeerDraft dialledAt(ConfiguredEndpoint endpoint) {
      return new PeerDraft(
          new PeerView(
              view.name(),
              view.age(),
              view.publicKey(),
              view.addresses(),
              view.routes(),
              endpoint,
              view.persistentKeepalive(),
              view.presharedKey(),
              view.suspended(),
              view.homeGateway()));
    }

    PeerDraft withoutAddress() {
      return new PeerDraft(
          new PeerView(
              view.name(),
              view.age(),
              view.publicKey(),
              List.of(),
              view.routes(),
              view.endpoint(),
              view.persistentKeepalive(),
              view.presharedKey(),
              view.suspended(),
              view.homeGateway()));
    }

    private PeerDraft with(
        @Nullable PublicKey key, List<IpPrefix> routes, boolean suspended, @Nullable String home) {
      return new PeerDraft(
          new PeerView(
              view.name(),
              view.age(),
              key,
              view.addresses(),
              routes,
              view.endpoint(),
              view.persistentKeepalive(),
              view.presharedKey(),
              suspended,
              home));
    }
  }
}
