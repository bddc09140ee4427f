package dev.wiremesh.cli.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.cli.Corpus;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The files of each golden configuration in an unmodified systemd-networkd: it understands every
 * line, and gives the interface its addresses, routes and rules. The interface is one end of a veth
 * pair, since not every kernel has WireGuard; the .netdev files are only read. Takes 10 s, as
 * networkd is started for each.
 */
@RequiresRoot
@RequiresTool({"ip", "nft", "sysctl"})
class NetworkdServiceTest {
  private static final Path NETWORKD = Path.of("/lib/systemd/systemd-networkd");
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String FOLDER = "/run/systemd/network/";

  /** Keys that replace IPForward=, which stands beside them for older versions. */
  private static final Pattern OF_SYSTEMD_256 =
      Pattern.compile("Unknown key 'IPv[46]Forwarding' in section \\[Network\\], ignoring");

  /** Of networkd's parser: a key that it does not know, a value that it cannot read. */
  private static final Pattern COMPLAINT = Pattern.compile("\\.(netdev|network)(:\\d+)?: ");

  @TempDir private Path folder;
  @AutoClose private final Hosts hosts = Hosts.forTest("nd");
  private final Host host = hosts.create("host");

  @BeforeEach
  void prepare() {
    assumeThat(NETWORKD).as("systemd-networkd is not installed").exists();
    // networkd waits for udev unless /sys cannot be written, as in a container.
    host.exec("mount", "-o", "remount,bind,ro", "/sys");
    host.exec("mkdir", "-p", FOLDER);
  }

  /** An interface without the routes of the one before. */
  private void createInterface() {
    host.command("ip", "link", "delete", "wg-home").run();
    host.exec("ip", "link", "add", "wg-home", "type", "veth", "peer", "name", "far");
    host.exec("ip", "link", "set", "far", "up");
  }

  @Test
  void networkdUnderstandsEveryLine() throws IOException {
    int number = 0;
    for (var one : Corpus.all()) {
      var device = ClientFormatsTest.device(one);
      var named = new ClientDevice("wg" + number++, device.config(), device.routes());
      write(named.interfaceName() + ".netdev", NetworkdFiles.of(named).netdev());
      write(named.interfaceName() + ".network", NetworkdFiles.of(named).network());
    }
    assertThat(complaints("wg" + (number - 1))).isEmpty();
  }

  @Test
  void wrongKeyWouldBeNoticed() throws IOException {
    var device = ClientFormatsTest.device(Corpus.named("laptop"));
    write("wg0.netdev", NetworkdFiles.of(device).netdev() + "Colour=blue\n");
    assertThat(complaints("wg-home")).anyMatch(line -> line.contains("Colour"));
  }

  @TestFactory
  Stream<DynamicTest> networkdAppliesEveryConfiguration() throws IOException {
    return Corpus.all().stream()
        .map(one -> DynamicTest.dynamicTest(one.name(), () -> applied(one)));
  }

  private void applied(Corpus one) throws IOException {
    var device = ClientFormatsTest.device(one);
    var network = NetworkdFiles.of(device).network();
    write("wg-home.network", network);
    host.exec("nft", "flush", "ruleset");
    createInterface();
    try (var networkd = start(one.name())) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            assertThat(routes("-4")).isEqualTo(expectedRoutes(device, Family.IPV4));
            assertThat(routes("-6")).isEqualTo(expectedRoutes(device, Family.IPV6));
            var link = host.exec("ip", "address", "show", "dev", "wg-home");
            device
                .config()
                .device()
                .addresses()
                .forEach(address -> assertThat(link).contains(" " + address.address() + "/"));
            assertThat(link).contains("mtu " + device.config().device().mtuBytes());
          });
      for (var family : device.routedFamilies()) {
        await()
            .atMost(PATIENCE)
            .until(() -> host.exec("sysctl", "-n", forwarding(family)).strip().equals("1"));
      }
      // Where it would masquerade too much, a comment has nft commands in its place.
      boolean masquerades = network.lines().anyMatch(line -> line.startsWith("IPMasquerade="));
      for (var family : masquerades ? device.masqueradedFamilies() : List.<Family>of()) {
        var pool = family == Family.IPV4 ? "10.70.0.0/16" : "fd00:70::/64";
        await()
            .atMost(PATIENCE)
            .untilAsserted(() ->
                assertThat(host.exec("nft", "list", "ruleset"))
                    .contains("elements = { " + pool + " }"));
      }
      var tunnelled =
          device.choosesTable() && device.allowedIps().stream().anyMatch(IpPrefix::isDefault);
      await()
          .atMost(PATIENCE)
          .until(() ->
              host.exec("ip", "rule").contains("not from all fwmark 0xca6c lookup 51820")
                  == tunnelled);
      networkd.stop(PATIENCE);
    }
    // Rules stay when networkd ends.
    host.command("ip", "rule", "del", "priority", "32764").run();
    host.command("ip", "rule", "del", "priority", "32765").run();
    host.command("ip", "-6", "rule", "del", "priority", "32764").run();
    host.command("ip", "-6", "rule", "del", "priority", "32765").run();
  }

  private static Set<IpPrefix> expectedRoutes(ClientDevice device, Family family) {
    return device.hasRoutes() ? new TreeSet<>(device.allowedIps(family)) : new TreeSet<>();
  }

  private Set<IpPrefix> routes(String family) {
    var any = family.equals("-4") ? "0.0.0.0/0" : "::/0";
    var routes = new TreeSet<IpPrefix>();
    host.exec("ip", family, "route", "show", "table", "all", "dev", "wg-home", "proto", "static")
        .lines()
        .map(line -> line.strip().split(" ", 2)[0])
        .map(it -> it.equals("default") ? any : it)
        .map(IpPrefix::parse)
        .forEach(routes::add);
    return routes;
  }

  private static String forwarding(Family family) {
    return family == Family.IPV4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
  }

  /** The lines of networkd's log about the files, once it has read that of an interface. */
  private List<String> complaints(String last) throws IOException {
    try (var networkd = start("reader")) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(Files.readString(networkd.log()))
                  .contains("Enumeration completed", last + ": loaded \"wireguard\""));
      return Files.readString(networkd.log())
          .lines()
          .filter(line -> COMPLAINT.matcher(line).find())
          .filter(line -> !OF_SYSTEMD_256.matcher(line).find())
          .toList();
    }
  }

  private ManagedProcess start(String name) {
    return host.start(
        "networkd",
        List.of(NETWORKD.toString()),
        Map.of("SYSTEMD_LOG_LEVEL", "debug", "SYSTEMD_LOG_TARGET", "console"),
        folder.resolve(name + ".log"));
  }

  private void write(String name, String text) throws IOException {
    host.command("sh", "-c", "umask 022; cat > " + FOLDER + name).withInput(text).check();
  }
}
