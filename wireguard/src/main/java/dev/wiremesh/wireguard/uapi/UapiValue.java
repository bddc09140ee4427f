package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.HexFormat;

/** The values behind the equals signs. */
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

  /** An unsigned 32-bit number, decimal or with a leading 0x. */
  static long u32(String name, String value) throws UapiException {
    try {
      long number =
          value.startsWith("0x")
              ? Long.parseLong(value, 2, value.length(), 16)
              : Long.parseLong(value);
      if (number >= 0 && number <= MAX_U32) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Answered below.
    }
    throw new UapiException(Errno.EINVAL, name + " is not a number of 32 bits: " + value);
  }

  static IpPrefix prefix(String value) throws UapiException {
    try {
      return IpPrefix.parseMasked(value);
    } catch (InvalidAddressException e) {
      throw new UapiException(Errno.EINVAL, "allowed_ip: " + e.getMessage(), e);
    }
  }

  /** {@code 192.0.2.1:51820}, {@code [2001:db8::1]:51820} or {@code [fe80::1%eth0]:51820}. */
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
    if (port == 0 || brackets == address.isV4() || (scope != 0 && address.isV4())) {
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
    if (zone.chars().allMatch(c -> c >= '0' && c <= '9')) {
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
