package dev.wiremesh.cli.conf;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.SiteRouterScript;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.core.wgquick.WgQuickConfig.Hook;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A client's WireGuard interface with the networks behind it, as the formats need it.
 *
 * @param interfaceName at most 15 characters
 * @param config the configuration as wg-quick has it
 * @param routes the networks that the client forwards to
 */
record ClientDevice(String interfaceName, WgQuickConfig config, List<SiteRoute> routes) {
  ClientDevice {
    routes = List.copyOf(routes);
  }

  /** The allowed IPs of all peers, in the order of the file. */
  List<IpPrefix> allowedIps() {
    return config.peers().stream().flatMap(peer -> peer.allowedIps().stream()).toList();
  }

  List<IpPrefix> allowedIps(Family family) {
    return allowedIps().stream().filter(prefix -> prefix.family() == family).toList();
  }

  /** The families of all networks behind the client. */
  List<Family> routedFamilies() {
    return families(routes);
  }

  /** The networks behind the client that it masquerades for. */
  List<IpPrefix> masqueraded() {
    return routes.stream().filter(SiteRoute::masquerade).map(SiteRoute::cidr).toList();
  }

  /** The networks behind the client that the others know under another prefix. */
  List<SiteRoute> translated() {
    return routes.stream().filter(SiteRoute::isTranslated).toList();
  }

  List<Family> masqueradedFamilies() {
    return families(routes.stream().filter(SiteRoute::masquerade).toList());
  }

  private static List<Family> families(List<SiteRoute> routes) {
    return Arrays.stream(Family.values())
        .filter(family -> routes.stream().anyMatch(route -> route.cidr().family() == family))
        .toList();
  }

  /** Whether wg-quick would install routes by itself: {@code Table} is not a number and not off. */
  boolean choosesTable() {
    var table = config.device().table();
    return table == null || table.equals("auto");
  }

  /** Whether there are routes at all. */
  boolean hasRoutes() {
    return !"off".equals(config.device().table());
  }

  /**
   * Commands of the file that are no forwarding and no masquerading of the routes, so that a format
   * without commands cannot express them; with the interface's name.
   */
  List<String> otherCommands() {
    var expressed = SiteRouterScript.hooks(routes).stream().map(Hook::command).toList();
    var commands = new ArrayList<String>();
    for (var hook : config.device().hooks()) {
      if (!expressed.contains(hook.command())) {
        commands.add(hook.point().keyword() + ": " + named(hook.command()));
      }
    }
    return commands;
  }

  /** The nft commands that masquerade, translate and clamp the MSS, with the interface's name. */
  List<String> firewallCommands() {
    return SiteRouterScript.nftCommands(routes).stream().map(this::named).toList();
  }

  /** The nft commands that clamp the MSS and change no addresses, with the interface's name. */
  List<String> clampCommands() {
    return SiteRouterScript.nftClampCommands(routes).stream().map(this::named).toList();
  }

  private String named(String command) {
    return command.replace("%i", interfaceName);
  }
}
