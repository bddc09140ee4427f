package dev.wiremesh.cli.conf;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.AddressWithPrefix;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A client configuration for systemd-networkd, version 249 or newer: systemd.netdev(5) and
 * systemd.network(5).
 *
 * <p>Routes stand in the network file rather than in {@code RouteTable=} of the device, so that
 * older versions, and interfaces that a WireGuard in user space made, get them too.
 *
 * @param netdev the interface, with its keys
 * @param network addresses, routes, name servers, forwarding
 */
record NetworkdFiles(String netdev, String network) {
  // wg-quick's own choice, for the same purpose: the mark of the tunnel's packets and the table of
  // the default route.
  private static final int MARK = 51820;
  // The two places before the rule for the main table (32766), as wg-quick gets them.
  private static final int SUPPRESS_PRIORITY = 32764;
  private static final int TUNNEL_PRIORITY = 32765;

  static NetworkdFiles of(ClientDevice device) {
    return new NetworkdFiles(netdevOf(device), networkOf(device));
  }

  private static String netdevOf(ClientDevice device) {
    var name = device.interfaceName();
    var config = device.config();
    var text = new ConfigText();
    text.comments(config.comments());
    text.comment(
        "For systemd-networkd 249 or newer. This file holds the private key: only root and");
    text.comment("systemd-networkd may read it. As root:");
    text.comment(
        "  install -m 0640 -g systemd-network %s.netdev %s.network /etc/systemd/network/"
            .formatted(name, name));
    text.comment("  networkctl reload");
    text.line("[NetDev]");
    text.line("Name=" + name);
    text.line("Kind=wireguard");
    text.blank();
    text.line("[WireGuard]");
    var key = config.device().privateKey();
    if (key == null) {
      text.comment(
          "Only the public key is known to the cluster: write this device's private key into");
      text.comment("this file, with the same owner and mode.");
      text.line("PrivateKeyFile=/etc/systemd/network/" + name + ".key");
    } else {
      text.line("PrivateKey=" + key.toBase64());
    }
    if (!tunnelledFamilies(device).isEmpty()) {
      text.comment("By this mark the tunnel's own packets pass beside its default route.");
      text.line("FirewallMark=" + MARK);
    }
    for (var peer : config.peers()) {
      text.blank();
      peer(peer, text);
    }
    return text.toString();
  }

  private static void peer(WgQuickConfig.Peer peer, ConfigText text) {
    text.line("[WireGuardPeer]");
    text.comments(peer.comments());
    text.line("PublicKey=" + peer.publicKey());
    var presharedKey = peer.presharedKey();
    if (presharedKey != null) {
      text.line("PresharedKey=" + presharedKey.toBase64());
    }
    if (!peer.allowedIps().isEmpty()) {
      text.line("AllowedIPs=" + joined(peer.allowedIps()));
    }
    if (peer.endpoint() != null) {
      text.line("Endpoint=" + peer.endpoint());
    }
    if (peer.persistentKeepalive().isPositive()) {
      text.line("PersistentKeepalive=" + peer.persistentKeepalive().toSeconds());
    }
  }

  private static String networkOf(ClientDevice device) {
    var text = new ConfigText();
    text.comments(device.config().comments());
    forwardingNotes(device, text);
    otherCommands(device, text);
    text.line("[Match]");
    text.line("Name=" + device.interfaceName());
    text.blank();
    text.line("[Link]");
    if (device.config().device().mtuBytes() != null) {
      text.line("MTUBytes=" + device.config().device().mtuBytes());
    }
    text.comment("The machine is online without this tunnel.");
    text.line("RequiredForOnline=no");
    text.blank();
    text.line("[Network]");
    text.line("LinkLocalAddressing=no");
    dns(device.config().device().dns(), text);
    forwarding(device, text);
    for (var address : device.config().device().addresses()) {
      address(device, address, text);
    }
    routes(device, text);
    tunnelledFamilies(device).forEach(family -> rules(family, text));
    return text.toString();
  }

  /** These servers alone, for all names, as wg-quick sets them. */
  private static void dns(List<String> dns, ConfigText text) {
    var servers = dns.stream().filter(NetworkdFiles::isAddress).toList();
    if (servers.isEmpty()) {
      return;
    }
    servers.forEach(server -> text.line("DNS=" + server));
    var domains = new ArrayList<>(dns.stream().filter(it -> !isAddress(it)).toList());
    domains.add("~.");
    text.line("Domains=" + String.join(" ", domains));
  }

  private static void forwarding(ClientDevice device, ConfigText text) {
    var routed = device.routedFamilies();
    if (routed.isEmpty()) {
      return;
    }
    text.comment("This device brings %s to the others.".formatted(routesOf(device)));
    text.comment("Up to systemd 255, and from 256 on; the other one ignores its line.");
    text.line("IPForward=" + word(routed, "yes"));
    routed.forEach(family -> text.line(forwarding(family) + "=yes"));
    var masqueraded =
        device.masqueradedFamilies().stream()
            .filter(family -> networkdMasquerades(device, family))
            .toList();
    if (!masqueraded.isEmpty()) {
      text.comment("The router of %s knows no way back.".formatted(joined(device.masqueraded())));
      text.line("IPMasquerade=" + word(masqueraded, "both"));
    }
  }

  private static String forwarding(Family family) {
    return family == Family.IPV4 ? "IPv4Forwarding" : "IPv6Forwarding";
  }

  private static void forwardingNotes(ClientDevice device, ConfigText text) {
    var routed = device.routedFamilies();
    if (routed.isEmpty()) {
      return;
    }
    text.comment(
        "systemd 256 and newer turn on forwarding for this interface only. The LAN's needs");
    text.comment("it too, there:");
    var settings =
        routed.stream()
            .map(family ->
                family == Family.IPV4 ? "net.ipv4.ip_forward=1" : "net.ipv6.conf.all.forwarding=1")
            .collect(Collectors.joining("\\n"));
    var file = "/etc/sysctl.d/90-" + device.interfaceName() + ".conf";
    text.comment("  printf '%s\\n' > %s && sysctl -p %s".formatted(settings, file, file));
    if (routed.contains(Family.IPV6)) {
      text.comment("An interface that gets its IPv6 route from router advertisements, but not by");
      text.comment("systemd-networkd, keeps it only with net.ipv6.conf.INTERFACE.accept_ra=2.");
    }
    var uncovered =
        device.masqueradedFamilies().stream()
            .flatMap(family -> uncoveredSources(device, family).stream())
            .toList();
    if (!uncovered.isEmpty()) {
      text.comment(
          "The router of %s knows no way back. IPMasquerade="
              .formatted(joined(device.masqueraded())));
      text.comment("does not do for packets from %s.".formatted(joined(uncovered)));
    }
    for (var route : device.translated()) {
      text.comment(
          "The others know %s as %s. systemd-networkd cannot translate it."
              .formatted(route.cidr(), route.meshBlock()));
    }
    text.comment(
        "systemd-networkd does not clamp the MSS of forwarded TCP connections, which keeps");
    text.comment("them going where ICMP errors of packets that are too big are lost.");
    text.comment("Run this at each start (nft):");
    boolean changesAddresses = !uncovered.isEmpty() || !device.translated().isEmpty();
    (changesAddresses ? device.firewallCommands() : device.clampCommands())
        .forEach(command -> text.comment("  " + command));
  }

  private static void otherCommands(ClientDevice device, ConfigText text) {
    var commands = device.otherCommands();
    if (!commands.isEmpty()) {
      text.comment("wg-quick would also run these; systemd-networkd runs no commands:");
      commands.forEach(command -> text.comment("  " + command));
    }
  }

  private static void address(ClientDevice device, AddressWithPrefix address, ConfigText text) {
    text.blank();
    text.line("[Address]");
    var family = address.address().family();
    var wider =
        networkdMasquerades(device, family)
            ? masqueradedSources(device, address.address())
            : Optional.<IpPrefix>empty();
    if (wider.isPresent()) {
      text.comment("As wide as the sources that IPMasquerade= is for.");
      text.line("Address=" + address.address() + "/" + wider.get().length());
      text.line("AddPrefixRoute=no");
    } else {
      text.line("Address=" + address);
    }
  }

  /**
   * Whether {@code IPMasquerade=} is right for a family: it masquerades packets from the network of
   * the interface's address, wherever they go to. So all routes have to be masqueraded. Translated
   * routes need nft commands, which masquerade too.
   */
  private static boolean networkdMasquerades(ClientDevice device, Family family) {
    var routes = device.routes().stream().filter(route -> route.cidr().family() == family).toList();
    return !routes.isEmpty()
        && routes.stream().allMatch(route -> route.masquerade() && !route.isTranslated())
        && addresses(device, family).stream()
            .anyMatch(address -> masqueradedSources(device, address).isPresent());
  }

  /**
   * The sources that networkd masquerades: those in the network of an address. So the address gets
   * the length of the allowed IPs that it is in, usually the pool.
   */
  private static Optional<IpPrefix> masqueradedSources(ClientDevice device, IpAddress address) {
    return device.allowedIps(address.family()).stream()
        .filter(prefix -> !prefix.isDefault() && prefix.contains(address))
        .findFirst();
  }

  private static List<IpPrefix> uncoveredSources(ClientDevice device, Family family) {
    if (!networkdMasquerades(device, family)) {
      return device.allowedIps(family);
    }
    var covered =
        addresses(device, family).stream()
            .flatMap(address -> masqueradedSources(device, address).stream())
            .toList();
    return device.allowedIps(family).stream()
        .filter(prefix -> covered.stream().noneMatch(it -> it.contains(prefix)))
        .toList();
  }

  private static List<IpAddress> addresses(ClientDevice device, Family family) {
    return device.config().device().addresses().stream()
        .map(AddressWithPrefix::address)
        .filter(address -> address.family() == family)
        .toList();
  }

  private static void routes(ClientDevice device, ConfigText text) {
    if (!device.hasRoutes()) {
      text.blank();
      text.comment("Table is off: routes are yours to make.");
      return;
    }
    var tunnelled = tunnelledFamilies(device);
    for (var prefix : device.allowedIps()) {
      text.blank();
      text.line("[Route]");
      text.line("Destination=" + prefix);
      if (prefix.isDefault() && tunnelled.contains(prefix.family())) {
        text.line("Table=" + MARK);
      } else if (!device.choosesTable()) {
        text.line("Table=" + device.config().device().table());
      }
    }
  }

  /** The families whose default route goes into the tunnel by a table and rules of its own. */
  private static List<Family> tunnelledFamilies(ClientDevice device) {
    return device.choosesTable()
        ? Arrays.stream(Family.values())
            .filter(family -> device.allowedIps(family).stream().anyMatch(IpPrefix::isDefault))
            .toList()
        : List.of();
  }

  private static void rules(Family family, ConfigText text) {
    text.blank();
    text.comment("All but the tunnel's own packets take its default route. Where rp_filter is 1,");
    text.comment("also: sysctl -w net.ipv4.conf.all.src_valid_mark=1");
    text.line("[RoutingPolicyRule]");
    text.line("Family=" + word(family));
    text.line("Priority=" + TUNNEL_PRIORITY);
    text.line("FirewallMark=" + MARK);
    text.line("InvertRule=true");
    text.line("Table=" + MARK);
    text.blank();
    text.comment("Routes other than the default one, such as the LAN's, come first.");
    text.line("[RoutingPolicyRule]");
    text.line("Family=" + word(family));
    text.line("Priority=" + SUPPRESS_PRIORITY);
    text.line("SuppressPrefixLength=0");
    text.line("Table=main");
  }

  private static String routesOf(ClientDevice device) {
    return joined(device.routes().stream().map(route -> route.cidr()).toList());
  }

  private static String joined(List<IpPrefix> prefixes) {
    return prefixes.stream().map(IpPrefix::toString).collect(Collectors.joining(", "));
  }

  private static String word(List<Family> families, String both) {
    return families.size() > 1 ? both : word(families.getFirst());
  }

  private static String word(Family family) {
    return family == Family.IPV4 ? "ipv4" : "ipv6";
  }

  private static boolean isAddress(String text) {
    return ConfigText.isAddress(text);
  }
}
