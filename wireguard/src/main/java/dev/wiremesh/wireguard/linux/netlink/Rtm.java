package dev.wiremesh.wireguard.linux.netlink;

/** Message types and group numbers of rtnetlink ({@code linux/rtnetlink.h}). */
final class Rtm {
  static final int NEWLINK = 16;
  static final int DELLINK = 17;
  static final int GETLINK = 18;
  static final int SETLINK = 19;
  static final int NEWADDR = 20;
  static final int DELADDR = 21;
  static final int GETADDR = 22;
  static final int NEWROUTE = 24;
  static final int DELROUTE = 25;
  static final int GETROUTE = 26;
  static final int NEWRULE = 32;
  static final int DELRULE = 33;
  static final int GETRULE = 34;
  static final int NEWNSID = 88;
  static final int GETNSID = 90;

  static final int GROUP_LINK = 1;
  static final int GROUP_IPV4_ADDRESS = 5;
  static final int GROUP_IPV4_ROUTE = 7;
  static final int GROUP_IPV4_RULE = 8;
  static final int GROUP_IPV6_ADDRESS = 9;
  static final int GROUP_IPV6_ROUTE = 11;
  static final int GROUP_IPV6_RULE = 19;

  private Rtm() {}
}
