package dev.wiremesh.agent.host;

import dev.wiremesh.agent.host.nft.NftCommand;
import dev.wiremesh.agent.host.route.OwnershipMarks;
import dev.wiremesh.agent.host.sysctl.ChangedSysctls;
import dev.wiremesh.agent.host.sysctl.Ipv6Forwarding;
import dev.wiremesh.agent.state.StateDirectory;
import dev.wiremesh.wireguard.linux.netlink.Link;
import dev.wiremesh.wireguard.linux.netlink.RouteFilter;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.uapi.UapiSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Removes everything that Wiremesh made on this node, found by its marks (protocol number, table
 * names) and by the footprints in the state directory; nothing else. A second run finds nothing.
 *
 * <ol>
 *   <li>Rules, so that no packet is routed into the mesh any more.
 *   <li>Routes, interfaces and their sockets.
 *   <li>Tables of the packet filter.
 *   <li>Sysctls, which get their old values.
 *   <li>The state directory, last: after a failure the next run finds the rest by it.
 * </ol>
 */
public final class NodeCleanup {
  private static final String EFFECTIVE = "CapEff:";
  private static final int CAP_NET_ADMIN = 12;

  private final Rtnetlink netlink;
  private final NftCommand nftables;
  private final Path stateDirectory;
  private final ChangedSysctls sysctls;
  private final Path processStatus;

  public NodeCleanup(Rtnetlink netlink, Path stateDirectory) {
    this(
        netlink,
        stateDirectory,
        Ipv6Forwarding.conf(),
        new NftCommand(),
        Path.of("/proc/self/status"));
  }

  /**
   * @param processStatus says which capabilities this process has
   */
  NodeCleanup(
      Rtnetlink netlink,
      Path stateDirectory,
      Path ipv6Conf,
      NftCommand nftables,
      Path processStatus) {
    this.processStatus = processStatus;
    this.netlink = netlink;
    this.stateDirectory = stateDirectory;
    this.nftables = nftables;
    this.sysctls = new ChangedSysctls(stateDirectory, ipv6Conf);
  }

  /** A running agent uses an interface, and would make it anew at once. */
  public static final class InUseException extends IOException {
    private static final long serialVersionUID = 1L;

    private InUseException(String interfaceName) {
      super(
          "Interface "
              + interfaceName
              + " is in use: an agent runs on this node. End it first, or uninstall the chart, which"
              + " has it clean up");
    }
  }

  /**
   * Checks that {@link #run} can complete: the capability, the packet filter's answer to the same
   * deletions, write access to sysctls and files. Changes nothing.
   *
   * @throws IOException with the first obstacle
   */
  public void check() throws IOException {
    checkCapability();
    var links = ownLinks();
    var _ = netlink.rules().ofProtocol(OwnershipMarks.PROTOCOL);
    if (nftables.isThere()) {
      for (var table : nftables.tables()) {
        nftables.checkDelete(table);
      }
    }
    sysctls.checkRestore();
    for (var link : links.values()) {
      var socket = UapiSocket.pathOf(link.name());
      if (Files.exists(socket)) {
        checkWritable(socket.resolveSibling("."));
      }
    }
    var networks = stateDirectory.resolve("networks");
    if (Files.isDirectory(networks)) {
      checkWritable(stateDirectory);
      checkWritable(networks);
    }
  }

  private void checkCapability() throws IOException {
    for (var line : Files.readAllLines(processStatus)) {
      if (line.startsWith(EFFECTIVE)) {
        long held = Long.parseUnsignedLong(line.substring(EFFECTIVE.length()).strip(), 16);
        if ((held & 1L << CAP_NET_ADMIN) == 0) {
          throw new IOException(
              "The agent has no capability NET_ADMIN, so it cannot remove interfaces and routes");
        }
      }
    }
  }

  private static void checkWritable(Path folder) throws IOException {
    if (!Files.isWritable(folder)) {
      throw new IOException("The agent cannot write to " + folder);
    }
  }

  /**
   * @return one line for each thing that was removed; empty if there was nothing
   * @throws InUseException before anything was touched
   */
  public List<String> run() throws IOException {
    var links = ownLinks();
    for (var link : links.values()) {
      var tun = link.tun();
      if (tun != null && tun.queues() > 0) {
        throw new InUseException(link.name());
      }
    }
    var removed = new ArrayList<String>();
    for (var rule : netlink.rules().ofProtocol(OwnershipMarks.PROTOCOL)) {
      netlink.rules().delete(rule);
      removed.add("rule " + rule.priority() + " " + rule.family() + " to table " + rule.table());
    }
    for (var route :
        netlink.routes().list(RouteFilter.any().withProtocol(OwnershipMarks.PROTOCOL))) {
      netlink.routes().delete(route);
      removed.add("route " + route.destination() + " of table " + route.table());
    }
    for (var link : links.values()) {
      netlink.links().delete(link.index());
      removed.add("interface " + link.name());
      Files.deleteIfExists(UapiSocket.pathOf(link.name()));
    }
    if (nftables.isThere()) {
      for (var table : nftables.tables()) {
        nftables.delete(table);
        removed.add("nft table " + table);
      }
    }
    removed.addAll(sysctls.restore());
    removed.addAll(removeState());
    return removed;
  }

  /** TUN interfaces that a footprint names, or that have routes of ours. */
  private Map<String, Link> ownLinks() throws IOException {
    var names = new HashSet<String>();
    new FootprintStore(stateDirectory)
        .load()
        .values()
        .forEach(footprint -> names.add(footprint.interfaceName()));
    var indices = new HashSet<Integer>();
    for (var route :
        netlink.routes().list(RouteFilter.any().withProtocol(OwnershipMarks.PROTOCOL))) {
      indices.add(route.linkIndex());
    }
    var own = new LinkedHashMap<String, Link>();
    for (var link : netlink.links().list()) {
      if (link.tun() != null && (names.contains(link.name()) || indices.contains(link.index()))) {
        own.put(link.name(), link);
      }
    }
    return own;
  }

  /** Removes the files; the directory itself may be a mount of the pod, and stays. */
  private List<String> removeState() throws IOException {
    var networks = stateDirectory.resolve("networks");
    if (!Files.isDirectory(networks)) {
      return List.of();
    }
    var folder = new StateDirectory(networks);
    for (var name : folder.names("")) {
      folder.delete(name);
    }
    Files.delete(networks);
    return List.of("state in " + stateDirectory);
  }
}
