package dev.wiremesh.core.net;

import java.util.regex.Pattern;

/**
 * The endpoint of a peer as configured: a DNS name or an address, and a UDP port.
 *
 * @param host a DNS name, an IPv4 address, or an IPv6 address without brackets
 * @param port 1 to 65535
 */
public record ConfiguredEndpoint(String host, int port) {
  // Wider than registered names, but safe inside a line of a configuration file.
  private static final Pattern HOST = Pattern.compile("[\\p{Alnum}._:%-]+");

  public ConfiguredEndpoint {
    if (!HOST.matcher(host).matches()) {
      throw new InvalidAddressException(
          "'" + host + "' is no host: write a name or an address, IPv6 without brackets");
    }
    if (port < 1 || port > 65535) {
      throw new InvalidAddressException("port " + port + " is out of range: write 1 to 65535");
    }
  }

  /**
   * Parses {@code host:port}, an IPv6 address in brackets.
   *
   * @throws InvalidAddressException saying what is wrong and what to write instead
   */
  public static ConfiguredEndpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    var host = colon < 0 ? "" : text.substring(0, colon);
    var bracketed = host.startsWith("[") && host.endsWith("]") && host.length() > 2;
    if (bracketed) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.isEmpty() || bracketed != (host.indexOf(':') >= 0)) {
      throw new InvalidAddressException(
          "'" + text + "' is no endpoint: write host:port, an IPv6 address as [address]:port");
    }
    return new ConfiguredEndpoint(host, port(text.substring(colon + 1)));
  }

  private static int port(String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException _) {
      throw new InvalidAddressException("port '" + digits + "' is no number: write 1 to 65535");
    }
  }

  /** {@code host:port}, an IPv6 address in brackets, as {@code wg} writes it. */
  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
