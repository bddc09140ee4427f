package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.process.CommandResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every client configuration of the operator's golden files, brought up by an unmodified {@code
 * wg-quick}: it reaches its gateway and the host's other networks, and leaves the host as it was.
 */
@RequiresTun
@RequiresTool({"wg", "wg-quick", "ip", "nft", "ping", "python3", "sysctl"})
class ClientConfigurationsTest {
  private static final Path FOLDER =
      Path.of("../operator/src/test/resources/client-configurations");
  private static final String INTERFACE = "wgclient";
  private static final String FILE = "/run/" + INTERFACE + ".conf";
  private static final String CLIENT_KEY = "WMc9YfRhdm8cC5TQKoM/2mMTSXYPVYCF6n/gQLCr0lo=";
  private static final String GATEWAY_KEY = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=";
  private static final String NAMED_ENDPOINT = "203.0.113.5";
  private static final Duration PING_PATIENCE = Duration.ofSeconds(90);

  /** Stands for resolvconf, which a configuration with name servers needs. */
  private static final String RESOLVCONF = "#!/bin/sh\n[ \"$1\" != -a ] || cat > /dev/null\n";

  private static final String ROUTER_ADVERTISEMENT =
      """
      import socket, struct, sys
      s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
      s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
      link = socket.if_nametoindex(sys.argv[1])
      s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, link)
      advertisement = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
      s.sendto(advertisement, ("ff02::1", 0, 0, link))
      """;

  /** The networks of a client's host. */
  private enum Uplink {
    NO_IPV6,
    STATIC_ROUTES,
    ADVERTISED_ROUTE;

    String device() {
      return "eth" + ordinal();
    }

    String gatewayV4() {
      return "198.51.100." + (4 * ordinal() + 1);
    }

    String hostV4() {
      return "198.51.100." + (4 * ordinal() + 2);
    }

    String gatewayV6() {
      return "2001:db8:" + ordinal() + "::1";
    }

    String hostV6() {
      return "2001:db8:" + ordinal() + "::2";
    }
  }

  @AutoClose private final Hosts hosts = Hosts.forTest("cc");
  private final Host gateway = hosts.create("gateway");

  @TestFactory
  Stream<DynamicTest> configurationComesUpAndLeavesTheHostAsItWas() throws IOException {
    startGateway();
    var clients =
        Map.of(
            Uplink.NO_IPV6, client(Uplink.NO_IPV6),
            Uplink.STATIC_ROUTES, client(Uplink.STATIC_ROUTES),
            Uplink.ADVERTISED_ROUTE, client(Uplink.ADVERTISED_ROUTE));
    return files().stream()
        .flatMap(file -> {
          var configuration = Configuration.read(file);
          return uplinks(configuration).stream()
              .map(uplink ->
                  DynamicTest.dynamicTest(
                      file.getFileName() + ", " + uplink,
                      () -> check(configuration, Objects.requireNonNull(clients.get(uplink)))));
        });
  }

  /**
   * The hardest uplink for the configuration, and one more if it brings rules or sysctls: a Peer
   * with an IPv6 address needs a host with IPv6, every other host has to do.
   */
  private static List<Uplink> uplinks(Configuration configuration) {
    var hardest = configuration.hasIpv6() ? Uplink.ADVERTISED_ROUTE : Uplink.NO_IPV6;
    return configuration.isMoreThanRoutes()
        ? List.of(hardest, Uplink.STATIC_ROUTES)
        : List.of(hardest);
  }

  private void check(Configuration configuration, Host host) {
    prepareGateway(configuration);
    host.command("sh", "-c", "umask 077; cat > " + FILE).withInput(configuration.text()).check();
    var before = state(host);
    try {
      quick(host, "up");
      if (configuration.leavesRoutesToTheHost()) {
        configuration
            .values("AllowedIPs")
            .forEach(prefix -> host.ip("route", "add", prefix, "dev", INTERFACE));
      }
      for (var target : configuration.targets()) {
        await()
            .atMost(PING_PATIENCE)
            .untilAsserted(() ->
                assertThat(host.ping(target))
                    .as("ping %s; %s", target, host.command("wg", "show").run().output())
                    .matches(CommandResult::succeeded));
      }
    } finally {
      host.command("wg-quick", "down", FILE).withEnvironment("PATH", path()).run();
    }
    await().atMost(Daemons.PATIENCE).untilAsserted(() -> assertThat(state(host)).isEqualTo(before));
  }

  private void startGateway() {
    gateway.exec("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0");
    // Otherwise its neighbour advertisements say that it is no router, and hosts drop the route.
    gateway.enableForwarding();
    Implementation.WIREMESH.make(gateway, "wg0");
    gateway
        .command("wg", "set", "wg0", "listen-port", "51900", "private-key", "/dev/stdin")
        .withInput(GATEWAY_KEY + "\n")
        .check();
    gateway.address("wg0", "10.70.0.1/16");
    gateway.address("wg0", "fd00:70::1/64");
    gateway.ip("link", "set", "wg0", "up");
  }

  /** Lets the client in, and gives the gateway the address that the client dials. */
  private void prepareGateway(Configuration configuration) {
    var address = configuration.endpointAddress();
    var presharedKey = String.join("", configuration.values("PresharedKey"));
    gateway.ip(
        "address", "replace", address + (address.contains(":") ? "/128" : "/32"), "dev", "lo");
    gateway
        .command(
            "wg",
            "set",
            "wg0",
            "peer",
            PrivateKey.parse(CLIENT_KEY).publicKey().toString(),
            "preshared-key",
            presharedKey.isEmpty() ? "/dev/null" : "/dev/stdin",
            "allowed-ips",
            String.join(",", configuration.values("Address")))
        .withInput(presharedKey)
        .check();
  }

  private Host client(Uplink uplink) {
    var host = hosts.create(uplink.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    host.exec("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0");
    if (uplink == Uplink.NO_IPV6) {
      host.exec("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
      host.exec("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
    }
    gateway.connect(uplink.device(), host, "eth0");
    gateway.address(uplink.device(), uplink.gatewayV4() + "/30");
    host.address("eth0", uplink.hostV4() + "/30");
    host.route("default", uplink.gatewayV4());
    if (uplink != Uplink.NO_IPV6) {
      gateway.address(uplink.device(), uplink.gatewayV6() + "/64");
      host.address("eth0", uplink.hostV6() + "/64");
    }
    switch (uplink) {
      case NO_IPV6 -> {}
      case STATIC_ROUTES -> host.ip("-6", "route", "add", "default", "via", uplink.gatewayV6());
      case ADVERTISED_ROUTE -> awaitAdvertisedRoute(uplink, host);
    }
    host.exec("mkdir", "-p", "/run/bin");
    host.command("sh", "-c", "cat > /run/bin/resolvconf; chmod 755 /run/bin/resolvconf")
        .withInput(RESOLVCONF)
        .check();
    return host;
  }

  private void awaitAdvertisedRoute(Uplink uplink, Host host) {
    await()
        .atMost(Daemons.PATIENCE)
        .untilAsserted(() -> {
          gateway.command("python3", "-c", ROUTER_ADVERTISEMENT, uplink.device()).run();
          assertThat(host.ip("-6", "route", "show", "default")).contains("proto ra");
        });
  }

  private static void quick(Host host, String verb) {
    host.command("wg-quick", verb, FILE)
        .withEnvironment("WG_QUICK_USERSPACE_IMPLEMENTATION", Installation.bin("wiremesh-wg"))
        .withEnvironment("PATH", path())
        .withTimeout(Daemons.PATIENCE)
        .check();
  }

  private static String path() {
    return "/run/bin:" + System.getenv("PATH");
  }

  /**
   * Addresses, routes, rules, nftables and the forwarding of a host. The lifetimes of routes are
   * left out.
   */
  private static String state(Host host) {
    var all =
        """
        ip -brief address; ip -4 route show table all; ip -6 route show table all
        ip -4 rule; ip -6 rule; nft list ruleset; ls /var/run/wireguard 2>/dev/null
        cd /proc/sys/net
        grep '' ipv4/ip_forward ipv4/conf/*/forwarding ipv4/conf/*/accept_redirects
        grep '' ipv6/conf/*/forwarding ipv6/conf/*/accept_ra
        """;
    return host.command("sh", "-c", all).run().output().replaceAll(" expires \\d+sec", "");
  }

  private static List<Path> files() throws IOException {
    try (var files = Files.list(FOLDER)) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).matches("out-.*\\.conf"))
          .sorted()
          .toList();
    }
  }

  /** A golden file with the keys and the address of this test's gateway. */
  private record Configuration(String text) {
    static Configuration read(Path file) {
      try {
        return new Configuration(
            Files.readString(file)
                .replaceAll(
                    "PublicKey = .*", "PublicKey = " + PrivateKey.parse(GATEWAY_KEY).publicKey())
                .replace("PUT-THE-PRIVATE-KEY-HERE", CLIENT_KEY)
                .replaceAll("Endpoint = [a-z.]*[a-z]:", "Endpoint = " + NAMED_ENDPOINT + ":"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    List<String> values(String key) {
      var values = new ArrayList<String>();
      text.lines()
          .filter(line -> line.startsWith(key + " = "))
          .map(line -> line.substring(key.length() + 3))
          .forEach(line -> values.addAll(List.of(line.split(", "))));
      return values;
    }

    boolean hasIpv6() {
      return values("Address").stream().anyMatch(address -> address.contains(":"));
    }

    /** Whether wg-quick sets more than addresses and routes. */
    boolean isMoreThanRoutes() {
      return text.contains("PostUp")
          || values("AllowedIPs").stream().anyMatch(it -> it.endsWith("/0"));
    }

    /** The addresses of the gateway inside the tunnel. */
    List<String> targets() {
      return hasIpv6() ? List.of("10.70.0.1", "fd00:70::1") : List.of("10.70.0.1");
    }

    String endpointAddress() {
      var endpoint = values("Endpoint").getFirst();
      return endpoint.substring(0, endpoint.lastIndexOf(':')).replaceAll("[\\[\\]]", "");
    }

    /** Whether the owner of the host sets the routes. */
    boolean leavesRoutesToTheHost() {
      return values("Table").contains("off");
    }
  }
}
