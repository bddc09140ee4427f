package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The addresses of a namespace's interfaces. */
public final class Addresses {
  private static final int IFADDRMSG_BYTES = 8;

  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_FLAGS = 8;

  private static final int FLAG_PERMANENT = 0x80;
  private static final int FLAG_NO_PREFIX_ROUTE = 0x200;

  private final Rtnetlink netlink;

  Addresses(Rtnetlink netlink) {
    this.netlink = netlink;
  }

  public List<InterfaceAddress> list() throws SystemCallException {
    return netlink.exchange(
        new NetlinkRequest(Rtm.GETADDR, NetlinkRequest.DUMP).u8(0).u8(0).u8(0).u8(0).u32(0),
        "list addresses",
        Addresses::read);
  }

  public List<InterfaceAddress> ofLink(int linkIndex) throws SystemCallException {
    return list().stream().filter(address -> address.linkIndex() == linkIndex).toList();
  }

  /**
   * @throws SystemCallException with EEXIST if the interface has it already
   */
  public void add(InterfaceAddress address) throws SystemCallException {
    int flags = FLAG_PERMANENT | (address.prefixRoute() ? 0 : FLAG_NO_PREFIX_ROUTE);
    netlink.execute(
        request(Rtm.NEWADDR, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, address)
            .attribute(IFA_FLAGS, flags),
        "add " + words(address));
  }

  /**
   * @throws SystemCallException with EADDRNOTAVAIL if the interface does not have it
   */
  public void delete(InterfaceAddress address) throws SystemCallException {
    netlink.execute(request(Rtm.DELADDR, 0, address), "delete " + words(address));
  }

  private static String words(InterfaceAddress address) {
    return "address "
        + address.address()
        + "/"
        + address.prefixLength()
        + " dev "
        + address.linkIndex();
  }

  private static NetlinkRequest request(int type, int flags, InterfaceAddress address) {
    return new NetlinkRequest(type, flags)
        .u8(Families.number(address.address().family()))
        .u8(address.prefixLength())
        .u8(0)
        .u8(0)
        .u32(address.linkIndex())
        .attribute(IFA_LOCAL, address.address())
        .attribute(IFA_ADDRESS, address.address());
  }

  static @Nullable InterfaceAddress read(NetlinkMessage message) {
    if (!Families.known(message.u8(0))) {
      return null;
    }
    var attributes = message.attributes(IFADDRMSG_BYTES);
    // IPv4 has its own address as local, and with a point-to-point peer another as address.
    var local = attributes.address(IFA_LOCAL);
    var address = local != null ? local : attributes.address(IFA_ADDRESS);
    if (address == null) {
      return null;
    }
    return new InterfaceAddress(
        message.i32(4),
        address,
        message.u8(1),
        (attributes.intOr(IFA_FLAGS, message.u8(2)) & FLAG_NO_PREFIX_ROUTE) == 0);
  }
}
