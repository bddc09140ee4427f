package dev.wiremesh.api.v1alpha1;

/** CEL rules of address blocks. */
final class Blocks {
  static final String BLOCK = "isCIDR(self) && cidr(self).masked() == cidr(self)";

  /** No loopback, link-local, multicast or reserved range, nor a part of one. */
  static final String UNICAST =
      "!isCIDR(self) || ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/96', 'fe80::/10', 'ff00::/8']"
          + ".all(r, !cidr(r).containsCIDR(cidr(self)) && !cidr(self).containsCIDR(cidr(r)))";

  static final String UNICAST_MESSAGE =
      "no host takes an address from this block (loopback, link-local, multicast or reserved): write a private one, such as 10.70.0.0/16 or fd00:70::/64";

  private Blocks() {}
}
