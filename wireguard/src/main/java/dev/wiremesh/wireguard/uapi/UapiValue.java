package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.HexFormat;

/** Parsers for the values of lines. */
final class UapiValue {
  static final int MAX_PORT = 65_535;

  private static final int KEY_BYTES = 32;
  private static final long MAX_U32 = 0xffff_ffffL;
  private static final HexFormat HEX = HexFormat.of();

  private UapiValue() {}

  /** 32 bytes in 64 hexadecimal digits. */
  static byte[] key(String name, String value) throws UapiException {
    try {
      if (value.length() == 2 * KEY_BYTES) {
        return HEX.parseHex(value);
      }
    } catch (IllegalArgumentException e) {
      // Answered below, without the value: it may be a secret with one wrong character.
    }
    throw new UapiException(Errno.EINVAL, name + " is not a key of 64 hexadecimal digits");
  }

  static void isTrue(String name, String value) throws UapiException {
    if (!value.equals("true")) {
      throw new UapiException(Errno.EINVAL, name + " takes only the value true");
    }
  }

  static int upTo(int max, String name, String value) throws UapiException {
    long number = u32(name, value);
    if (number > max) {
      throw new UapiException(Errno.EINVAL, name + " is at most " + max + ", not " + value);
    }
    return (int) number;
  }

  /** An unsigned 32-bit number in decimal digits. */
  static long u32(String name, String value) throws UapiException {
    if (isDecimal(value)) {
      try {
        long number = Long.parseLong(value);
        if (number <= MAX_U32) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Answered below.
      }
    }
    throw new UapiException(Errno.EINVAL, name + " is not a number of 32 bits: " + value);
  }

  private static boolean isDecimal(String value) {
    return !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /** An address with a prefix length. */
  static IpPrefix prefix(String value) throws UapiException {
    int length = value.indexOf('/') + 1;
    if (length == 0 || value.startsWith("0", length) && value.length() > length + 1) {
      throw new UapiException(Errno.EINVAL, "allowed_ip has no number of bits: " + value);
    }
    try {
      return IpPrefix.parseMasked(value);
    } catch (InvalidAddressException e) {
      throw new UapiException(Errno.EINVAL, "allowed_ip: " + e.getMessage(), e);
    }
  }

  /**
   * Parses {@code 192.0.2.1:51820}, {@code [2001:db8::1]:51820} or {@code [fe80::1%eth0]:51820}.
   * The interface must exist, and its index is kept if another one takes the name; the reference
   * accepts any name and fails silently when it cannot send.
   */
  static UdpEndpoint endpoint(String value) throws UapiException {
    int colon = value.lastIndexOf(':');
    if (colon < 1) {
      throw new UapiException(Errno.EINVAL, "endpoint has no port: " + value);
    }
    int port = upTo(MAX_PORT, "endpoint", value.substring(colon + 1));
    var host = value.substring(0, colon);
    boolean brackets = host.startsWith("[") && host.endsWith("]");
    if (brackets) {
      host = host.substring(1, host.length() - 1);
    }
    int percent = host.indexOf('%');
    int scope = percent < 0 ? 0 : scope(host.substring(percent + 1));
    var address = address(percent < 0 ? host : host.substring(0, percent), value);
    if (brackets == address.isV4() || percent >= 0 && address.isV4()) {
      throw new UapiException(Errno.EINVAL, "endpoint is no address and port: " + value);
    }
    return new UdpEndpoint(address, port, scope, null, 0);
  }

  private static IpAddress address(String host, String value) throws UapiException {
    try {
      return IpAddress.parse(host);
    } catch (InvalidAddressException e) {
      throw new UapiException(Errno.EINVAL, "endpoint is no address and port: " + value, e);
    }
  }

  private static int scope(String zone) throws UapiException {
    if (isDecimal(zone)) {
      return upTo(Integer.MAX_VALUE, "endpoint", zone);
    }
    try {
      var link = NetworkInterface.getByName(zone);
      if (link != null) {
        return link.getIndex();
      }
    } catch (SocketException e) {
      throw new UapiException(Errno.EINVAL, "endpoint: interface " + zone + " unreadable", e);
    }
    throw new UapiException(Errno.EINVAL, "endpoint: there is no interface " + zone);
  }
}
