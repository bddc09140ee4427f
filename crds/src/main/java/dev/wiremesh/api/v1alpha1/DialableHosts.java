package dev.wiremesh.api.v1alpha1;

/** CEL rules for hosts that can be dialled. */
final class DialableHosts {
  static final String HOST =
      "isIP(self) || self.matches('^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?([.][A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*[.]?$')";

  static final String HOST_MESSAGE =
      "write a DNS name such as vpn.example.com or an IP address such as 203.0.113.5 or 2001:db8::5, without a port and without brackets";

  /** The last label of a name is never a number (RFC 3696): such a text is a mistyped address. */
  static final String NO_BROKEN_ADDRESS = "isIP(self) || !self.matches('(^|[.])[0-9]+[.]?$')";

  static final String NO_BROKEN_ADDRESS_MESSAGE =
      "this looks like an IP address and is none: write four numbers from 0 to 255 without leading zeros, such as 203.0.113.5";

  static final String DIALABLE =
      "isIP(self.host) ? !(ip(self.host).isUnspecified() || ip(self.host).isLoopback()"
          + " || ip(self.host).isLinkLocalUnicast() || cidr('0.0.0.0/8').containsIP(self.host)"
          + " || cidr('224.0.0.0/3').containsIP(self.host) || cidr('ff00::/8').containsIP(self.host))"
          + " : !self.host.matches('(?i)(^|[.])localhost[.]?$')";

  static final String DIALABLE_MESSAGE =
      "no other host can dial this address (loopback, unspecified, link-local or multicast): write an address or a name that is reached from outside, such as vpn.example.com";

  private DialableHosts() {}
}
