package dev.wiremesh.cli.conf;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.AddressWithPrefix;
import dev.wiremesh.core.wgquick.SiteRouterScript;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A client configuration for OpenWrt: commands for {@code uci} that can be pasted into a root shell
 * of the router, in the form of OpenWrt's own guides. Pasted again, they replace what they made.
 */
final class OpenWrtScript {
  /** Longer names of firewall zones do not fit into the names of their chains. */
  private static final int LONGEST_ZONE = 11;

  private static final int MOST_SOURCES = 16;

  private final ClientDevice device;
  private final WgQuickConfig config;
  private final String section;
  private final String zone;
  private final ConfigText text = new ConfigText();

  private OpenWrtScript(ClientDevice device) {
    this.device = device;
    this.config = device.config();
    // The name of a section has letters, digits and underscores; it is the interface's name too.
    this.section = device.interfaceName().replaceAll("[^A-Za-z0-9_]", "_");
    this.zone = section.substring(0, Math.min(section.length(), LONGEST_ZONE));
  }

  /** The whole script. */
  static String of(ClientDevice device) {
    return new OpenWrtScript(device).build();
  }

  private String build() {
    text.comments(config.comments());
    text.comment(
        "For OpenWrt 22.03 or newer. Paste it into a root shell of the router, or run it there:");
    text.comment("  ssh root@192.168.1.1 sh < FILE");
    text.comment(
        "Packages, once: opkg update && opkg install wireguard-tools luci-proto-wireguard");
    text.comment(
        "(OpenWrt 25.12 or newer: apk update && apk add wireguard-tools luci-proto-wireguard)");
    otherCommands();
    text.blank();
    network();
    text.blank();
    firewall();
    text.blank();
    text.line("uci commit network");
    text.line("uci commit firewall");
    text.line("service network restart");
    text.line("service firewall restart");
    return text.toString();
  }

  private void otherCommands() {
    var commands = device.otherCommands();
    if (!commands.isEmpty()) {
      text.comment("wg-quick would also run these; there is no such setting in OpenWrt:");
      commands.forEach(command -> text.comment("  " + command));
    }
  }

  private void network() {
    text.comment("The interface.");
    fresh("network", section, "interface");
    set("network", section, "proto", "wireguard");
    var key = config.device().privateKey();
    if (key == null) {
      text.comment(
          "Only the public key is known to the cluster: write this device's private key here.");
    }
    set(
        "network",
        section,
        "private_key",
        key == null ? "PUT-THE-PRIVATE-KEY-HERE" : key.toBase64());
    config.device().addresses().forEach(it -> add("network", section, "addresses", it.toString()));
    if (config.device().mtuBytes() != null) {
      set("network", section, "mtu", config.device().mtuBytes().toString());
    }
    for (var dns : config.device().dns()) {
      add("network", section, ConfigText.isAddress(dns) ? "dns" : "dns_search", dns);
    }
    if (device.hasRoutes() && !device.choosesTable()) {
      var table = String.valueOf(config.device().table());
      set("network", section, "ip4table", table);
      set("network", section, "ip6table", table);
    }
    int number = 0;
    for (var peer : config.peers()) {
      text.blank();
      peer(peer, section + "_peer" + (number == 0 ? "" : number));
      number++;
    }
    defaultRoute();
  }

  private void peer(WgQuickConfig.Peer peer, String name) {
    text.comments(peer.comments());
    fresh("network", name, "wireguard_" + section);
    set("network", name, "public_key", peer.publicKey().toString());
    var presharedKey = peer.presharedKey();
    if (presharedKey != null) {
      set("network", name, "preshared_key", presharedKey.toBase64());
    }
    peer.allowedIps().forEach(prefix -> add("network", name, "allowed_ips", prefix.toString()));
    var endpoint = peer.endpoint();
    if (endpoint != null) {
      set("network", name, "endpoint_host", endpoint.host());
      set("network", name, "endpoint_port", String.valueOf(endpoint.port()));
    }
    if (peer.persistentKeepalive().isPositive()) {
      set(
          "network",
          name,
          "persistent_keepalive",
          String.valueOf(peer.persistentKeepalive().toSeconds()));
    }
    if (!device.hasRoutes()) {
      text.comment("Table is off: routes are yours to make.");
    }
    set("network", name, "route_allowed_ips", device.hasRoutes() ? "1" : "0");
  }

  /** OpenWrt keeps a route to the endpoint by itself; the other default route has to stand back. */
  private void defaultRoute() {
    if (device.choosesTable() && device.allowedIps().stream().anyMatch(IpPrefix::isDefault)) {
      text.blank();
      text.comment(
          "The default route goes into the tunnel, so the uplink's must have a larger metric.");
      set("network", "wan", "metric", "1024");
      set("network", "wan6", "metric", "2048");
    }
  }

  private void firewall() {
    text.comment(
        "Its firewall zone. The mesh may ping the router, but not log in: for that, ACCEPT.");
    fresh("firewall", section, "zone");
    set("firewall", section, "name", zone);
    add("firewall", section, "network", section);
    set("firewall", section, "input", "REJECT");
    set("firewall", section, "output", "ACCEPT");
    set("firewall", section, "forward", "REJECT");
    set("firewall", section, "mtu_fix", "1");
    if (device.routes().isEmpty()) {
      text.comment("The mesh knows no address of the LAN: the router answers for its devices.");
      set("firewall", section, "masq", "1");
      if (hasAddress(Family.IPV6)) {
        set("firewall", section, "masq6", "1");
      }
    }
    ping();
    text.blank();
    text.comment("Devices of the LAN reach the mesh.");
    forwarding(section + "_out", "lan", zone);
    if (!device.routes().isEmpty()) {
      text.blank();
      text.comment(
          "The mesh reaches %s."
              .formatted(joined(device.routes().stream().map(route -> route.cidr()).toList())));
      forwarding(section + "_in", zone, "lan");
    }
    masquerading();
    translation();
  }

  private void ping() {
    var name = section + "_ping";
    text.blank();
    fresh("firewall", name, "rule");
    set("firewall", name, "name", "Allow-Ping-" + section);
    set("firewall", name, "src", zone);
    set("firewall", name, "proto", "icmp");
    add("firewall", name, "icmp_type", "echo-request");
    set("firewall", name, "target", "ACCEPT");
  }

  private void forwarding(String name, String source, String destination) {
    fresh("firewall", name, "forwarding");
    set("firewall", name, "src", source);
    set("firewall", name, "dest", destination);
  }

  private void masquerading() {
    int number = 0;
    for (var cidr : device.masqueraded()) {
      text.blank();
      text.comment(
          "The router of %s knows no way back: this one answers for the mesh.".formatted(cidr));
      for (var source : sources(cidr.family())) {
        var name = section + "_masq" + (number == 0 ? "" : number);
        number++;
        fresh("firewall", name, "nat");
        set("firewall", name, "name", "Masquerade-" + section);
        set("firewall", name, "family", cidr.family() == Family.IPV4 ? "ipv4" : "ipv6");
        set("firewall", name, "proto", "all");
        set("firewall", name, "src", "lan");
        if (!source.isEmpty()) {
          set("firewall", name, "src_ip", source);
        }
        set("firewall", name, "dest_ip", cidr.toString());
        set("firewall", name, "target", "MASQUERADE");
      }
    }
  }

  /**
   * uci has no 1:1 translation of blocks; fw4 includes the files of /etc/nftables.d in its table.
   */
  private void translation() {
    var file = "/etc/nftables.d/90-" + section + ".nft";
    if (device.routes().isEmpty()) {
      return;
    }
    text.blank();
    if (device.translated().isEmpty()) {
      text.line("rm -f " + file);
      return;
    }
    for (var route : device.translated()) {
      text.comment("The others know %s as %s.".formatted(route.cidr(), route.meshBlock()));
    }
    text.line("tee " + file + " > /dev/null <<'END'");
    SiteRouterScript.translationChains(device.routes(), section).forEach(text::line);
    text.line("END");
  }

  /** The sources behind the tunnel; the empty text stands for any, where there are too many. */
  private List<String> sources(Family family) {
    var sources = device.allowedIps(family);
    return sources.size() > MOST_SOURCES || sources.stream().anyMatch(IpPrefix::isDefault)
        ? List.of("")
        : sources.stream().map(IpPrefix::toString).toList();
  }

  private boolean hasAddress(Family family) {
    return config.device().addresses().stream()
        .map(AddressWithPrefix::address)
        .anyMatch(address -> address.family() == family);
  }

  private void fresh(String file, String name, String type) {
    text.line("uci -q delete %s.%s".formatted(file, name));
    text.line("uci set %s.%s=%s".formatted(file, name, type));
  }

  private void set(String file, String name, String option, String value) {
    text.line("uci set %s.%s.%s=%s".formatted(file, name, option, quoted(value)));
  }

  private void add(String file, String name, String option, String value) {
    text.line("uci add_list %s.%s.%s=%s".formatted(file, name, option, quoted(value)));
  }

  private static String quoted(String value) {
    return "'" + value.replace("'", "'\\''") + "'";
  }

  private static String joined(List<IpPrefix> prefixes) {
    return prefixes.stream().map(IpPrefix::toString).collect(Collectors.joining(", "));
  }
}
