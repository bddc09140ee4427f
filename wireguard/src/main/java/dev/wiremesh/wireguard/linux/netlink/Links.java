package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.wireguard.linux.netlink.Ipv4Settings.ReversePathFilter;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The network interfaces of a namespace. */
public final class Links {
  private static final int IFINFOMSG_BYTES = 16;
  private static final int IFF_UP = 1;

  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_TXQLEN = 13;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_AF_SPEC = 26;
  private static final int IFLA_TARGET_NETNSID = 46;
  private static final int IFLA_INFO_KIND = 1;
  private static final int IFLA_INFO_DATA = 2;
  private static final int IFLA_INET_CONF = 1;
  private static final int IFLA_INET6_ADDR_GEN_MODE = 8;
  private static final byte ADDR_GEN_MODE_NONE = 1;

  private static final int IFLA_TUN_PI = 4;
  private static final int IFLA_TUN_VNET_HDR = 5;
  private static final int IFLA_TUN_PERSIST = 6;
  private static final int IFLA_TUN_MULTI_QUEUE = 7;
  private static final int IFLA_TUN_NUM_QUEUES = 8;
  private static final int IFLA_TUN_NUM_DISABLED_QUEUES = 9;

  // Attribute numbers when set, one more than the place in the array that is read.
  private static final int CONF_FORWARDING = 1;
  private static final int CONF_SEND_REDIRECTS = 6;
  private static final int CONF_RP_FILTER = 8;
  private static final int CONF_SRC_VMARK = 24;

  private final Rtnetlink netlink;

  Links(Rtnetlink netlink) {
    this.netlink = netlink;
  }

  public List<Link> list() throws SystemCallException {
    return netlink.exchange(
        header(Rtm.GETLINK, NetlinkRequest.DUMP, 0, 0, 0), "list links", Links::read);
  }

  public Optional<Link> byName(String name) throws SystemCallException {
    return get(header(Rtm.GETLINK, 0, 0, 0, 0).attribute(IFLA_IFNAME, name), "get link " + name);
  }

  /**
   * An interface of another namespace. Needs CAP_NET_ADMIN there, but no right to enter it.
   *
   * @param namespace as {@link Namespaces#idOf} numbers it
   */
  public Optional<Link> byName(String name, int namespace) throws SystemCallException {
    return get(
        header(Rtm.GETLINK, 0, 0, 0, 0)
            .attribute(IFLA_TARGET_NETNSID, namespace)
            .attribute(IFLA_IFNAME, name),
        "get link " + name + " of namespace " + namespace);
  }

  public Optional<Link> byIndex(int index) throws SystemCallException {
    return get(header(Rtm.GETLINK, 0, index, 0, 0), "get link " + index);
  }

  private Optional<Link> get(NetlinkRequest request, String what) throws SystemCallException {
    try {
      return netlink.exchange(request, what, Links::read).stream().findFirst();
    } catch (NetlinkException e) {
      if (e.errno() == Errno.ENODEV) {
        return Optional.empty();
      }
      throw e;
    }
  }

  public void setUp(int index) throws SystemCallException {
    netlink.execute(header(Rtm.SETLINK, 0, index, IFF_UP, IFF_UP), "set link " + index + " up");
  }

  public void setDown(int index) throws SystemCallException {
    netlink.execute(header(Rtm.SETLINK, 0, index, 0, IFF_UP), "set link " + index + " down");
  }

  public void setMtu(int index, int mtuBytes) throws SystemCallException {
    netlink.execute(
        header(Rtm.SETLINK, 0, index, 0, 0).attribute(IFLA_MTU, mtuBytes),
        "set link " + index + " mtu " + mtuBytes);
  }

  public void setTransmitQueueLength(int index, int packets) throws SystemCallException {
    netlink.execute(
        header(Rtm.SETLINK, 0, index, 0, 0).attribute(IFLA_TXQLEN, packets),
        "set link " + index + " txqueuelen " + packets);
  }

  public void setIpv4(int index, Ipv4Settings settings) throws SystemCallException {
    setIpv4(
        index,
        conf ->
            conf.attribute(CONF_FORWARDING, settings.forwarding() ? 1 : 0)
                .attribute(CONF_RP_FILTER, settings.reversePathFilter().ordinal())
                .attribute(CONF_SRC_VMARK, settings.sourceValidMark() ? 1 : 0),
        settings.toString());
  }

  /** Disables sending of ICMP redirects on the interface, unless {@code conf.all} enables it. */
  public void disableRedirects(int index) throws SystemCallException {
    setIpv4(index, conf -> conf.attribute(CONF_SEND_REDIRECTS, 0), "send_redirects 0");
  }

  private void setIpv4(int index, Consumer<NetlinkRequest> conf, String what)
      throws SystemCallException {
    setFamily(index, Sockets.AF_INET, inet -> inet.nested(IFLA_INET_CONF, conf), what);
  }

  /**
   * Disables the automatic link-local address of an interface that is set up.
   *
   * @throws SystemCallException with EAFNOSUPPORT if it has no IPv6
   */
  public void disableLinkLocalAddress(int index) throws SystemCallException {
    setFamily(
        index,
        Sockets.AF_INET6,
        inet6 -> inet6.attribute(IFLA_INET6_ADDR_GEN_MODE, ADDR_GEN_MODE_NONE),
        "addrgenmode none");
  }

  private void setFamily(int index, int family, Consumer<NetlinkRequest> settings, String what)
      throws SystemCallException {
    netlink.execute(
        header(Rtm.SETLINK, 0, index, 0, 0)
            .nested(IFLA_AF_SPEC, families -> families.nested(family, settings)),
        "set link " + index + " " + what);
  }

  /** Deletes a virtual interface; also a persistent TUN that no process holds open. */
  public void delete(int index) throws SystemCallException {
    netlink.execute(header(Rtm.DELLINK, 0, index, 0, 0), "delete link " + index);
  }

  private static NetlinkRequest header(
      int type, int requestFlags, int index, int flags, int changeMask) {
    return new NetlinkRequest(type, requestFlags)
        .u8(0)
        .u8(0)
        .u16(0)
        .u32(index)
        .u32(flags)
        .u32(changeMask);
  }

  static Link read(NetlinkMessage message) {
    var attributes = message.attributes(IFINFOMSG_BYTES);
    var info = attributes.nested(IFLA_LINKINFO);
    var kind = info.string(IFLA_INFO_KIND);
    return new Link(
        message.i32(4),
        attributes.string(IFLA_IFNAME),
        kind,
        new Link.Settings(
            (message.i32(8) & IFF_UP) != 0,
            attributes.intOr(IFLA_MTU, 0),
            attributes.intOr(IFLA_TXQLEN, 0)),
        readIpv4(attributes.nested(IFLA_AF_SPEC).nested(Sockets.AF_INET)),
        kind.equals("tun") ? readTun(info.nested(IFLA_INFO_DATA)) : null);
  }

  private static TunInfo readTun(Attributes data) {
    return new TunInfo(
        data.byteOr(IFLA_TUN_PERSIST, 0) != 0,
        data.byteOr(IFLA_TUN_MULTI_QUEUE, 0) != 0,
        data.byteOr(IFLA_TUN_VNET_HDR, 0) != 0,
        data.byteOr(IFLA_TUN_PI, 0) != 0,
        data.intOr(IFLA_TUN_NUM_QUEUES, 0) + data.intOr(IFLA_TUN_NUM_DISABLED_QUEUES, 0));
  }

  private static Ipv4Settings readIpv4(Attributes inet) {
    int filter = inet.arrayElementOr(IFLA_INET_CONF, CONF_RP_FILTER - 1, 0);
    return new Ipv4Settings(
        inet.arrayElementOr(IFLA_INET_CONF, CONF_FORWARDING - 1, 0) != 0,
        switch (filter) {
          case 0 -> ReversePathFilter.OFF;
          case 1 -> ReversePathFilter.STRICT;
          default -> ReversePathFilter.LOOSE;
        },
        inet.arrayElementOr(IFLA_INET_CONF, CONF_SRC_VMARK - 1, 0) != 0);
  }
}
