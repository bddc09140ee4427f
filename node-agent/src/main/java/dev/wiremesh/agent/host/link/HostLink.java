package dev.wiremesh.agent.host.link;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.linux.netlink.InterfaceAddress;
import dev.wiremesh.wireguard.linux.netlink.Ipv4Settings;
import dev.wiremesh.wireguard.linux.netlink.Ipv4Settings.ReversePathFilter;
import dev.wiremesh.wireguard.linux.netlink.Link;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;

/** Configures the interface of a network and its addresses. Owned by the control thread. */
public final class HostLink {
  private static final IpPrefix LINK_LOCAL_V6 = IpPrefix.parse("fe80::/10");

  private final Rtnetlink netlink;

  public HostLink(Rtnetlink netlink) {
    this.netlink = netlink;
  }

  /**
   * Makes MTU, state and IPv4 settings be as planned. Forwarding is never turned off: another
   * program may have turned it on for its pods.
   *
   * @param changes gets a line for each change
   */
  public void apply(Link link, int mtuBytes, boolean forwarding, List<String> changes)
      throws IOException {
    var links = netlink.links();
    if (link.mtuBytes() != mtuBytes) {
      links.setMtu(link.index(), mtuBytes);
      changes.add("set MTU " + mtuBytes);
    }
    if (!link.up()) {
      links.setUp(link.index());
      changes.add("set up");
    }
    var wanted =
        new Ipv4Settings(
            forwarding || link.ipv4().forwarding(),
            ReversePathFilter.LOOSE,
            link.ipv4().sourceValidMark());
    if (!link.ipv4().equals(wanted)) {
      links.setIpv4(link.index(), wanted);
      changes.add("set " + wanted);
    }
  }

  /**
   * Makes the addresses be as planned: missing ones are added before others are deleted. The
   * kernel's link-local address stays.
   *
   * @param changes gets a line for each change
   */
  public void applyAddresses(Link link, Collection<IpAddress> addresses, List<String> changes)
      throws IOException {
    var wanted = new LinkedHashSet<InterfaceAddress>();
    for (var address : addresses) {
      wanted.add(InterfaceAddress.single(link.index(), address));
    }
    var present = new HashSet<>(netlink.addresses().ofLink(link.index()));
    present.removeIf(address -> LINK_LOCAL_V6.contains(address.address()));
    for (var address : wanted) {
      if (!present.contains(address)) {
        netlink.addresses().add(address);
        changes.add("add address " + address.address());
      }
    }
    for (var address : present) {
      if (!wanted.contains(address)) {
        netlink.addresses().delete(address);
        changes.add("delete address " + address.address());
      }
    }
  }
}
