package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The policy routing rules of a namespace. */
public final class Rules {
  private static final int HEADER_BYTES = 12;
  private static final int ACTION_TO_TABLE = 1;
  private static final int FLAG_INVERT = 2;

  private static final int FRA_PRIORITY = 6;
  private static final int FRA_FWMARK = 10;
  private static final int FRA_TABLE = 15;
  private static final int FRA_FWMASK = 16;
  private static final int FRA_PROTOCOL = 21;

  private final Rtnetlink netlink;

  Rules(Rtnetlink netlink) {
    this.netlink = netlink;
  }

  /**
   * All rules of both families that look up a table. Selectors that {@link Rule} does not have are
   * left out, so only rules of the caller's own protocol number may be deleted.
   */
  public List<Rule> list() throws SystemCallException {
    return netlink.exchange(
        header(Rtm.GETRULE, NetlinkRequest.DUMP, 0, 0, 0), "list rules", Rules::read);
  }

  public List<Rule> ofProtocol(int protocol) throws SystemCallException {
    return list().stream().filter(rule -> rule.protocol() == protocol).toList();
  }

  /**
   * @throws SystemCallException with EEXIST if there is an equivalent one
   */
  public void add(Rule rule) throws SystemCallException {
    netlink.execute(
        request(Rtm.NEWRULE, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, rule),
        "add " + words(rule));
  }

  /**
   * @throws SystemCallException with ENOENT if there is no such rule
   */
  public void delete(Rule rule) throws SystemCallException {
    netlink.execute(request(Rtm.DELRULE, 0, rule), "delete " + words(rule));
  }

  private static String words(Rule rule) {
    return "rule "
        + Integer.toUnsignedString(rule.priority())
        + ": "
        + rule.family()
        + (rule.inverted() ? " not" : "")
        + (rule.mask() == 0 ? "" : String.format(" fwmark %#x/%#x", rule.mark(), rule.mask()))
        + " lookup "
        + Integer.toUnsignedString(rule.table());
  }

  private static NetlinkRequest request(int type, int flags, Rule rule) {
    var request =
        header(
                type,
                flags,
                Families.number(rule.family()),
                ACTION_TO_TABLE,
                rule.inverted() ? FLAG_INVERT : 0)
            .attribute(FRA_PRIORITY, rule.priority())
            .attribute(FRA_TABLE, rule.table())
            .attribute(FRA_PROTOCOL, (byte) rule.protocol());
    if (rule.mask() != 0) {
      request.attribute(FRA_FWMARK, rule.mark()).attribute(FRA_FWMASK, rule.mask());
    }
    return request;
  }

  private static NetlinkRequest header(
      int type, int requestFlags, int family, int action, int flags) {
    return new NetlinkRequest(type, requestFlags)
        .u8(family)
        .u8(0)
        .u8(0)
        .u8(0)
        .u8(0)
        .u8(0)
        .u8(0)
        .u8(action)
        .u32(flags);
  }

  static @Nullable Rule read(NetlinkMessage message) {
    if (!Families.known(message.u8(0)) || message.u8(7) != ACTION_TO_TABLE) {
      return null;
    }
    var attributes = message.attributes(HEADER_BYTES);
    int mark = attributes.intOr(FRA_FWMARK, 0);
    return new Rule(
        Families.of(message.u8(0)),
        attributes.intOr(FRA_PRIORITY, 0),
        attributes.intOr(FRA_TABLE, message.u8(4)),
        mark,
        attributes.intOr(FRA_FWMASK, mark == 0 ? 0 : -1),
        (message.i32(8) & FLAG_INVERT) != 0,
        attributes.byteOr(FRA_PROTOCOL, 0));
  }
}
