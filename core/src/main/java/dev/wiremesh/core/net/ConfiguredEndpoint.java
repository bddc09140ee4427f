package dev.wiremesh.core.net;

import java.util.regex.Pattern;

/**
 * Where a peer can be dialled, as configured: a DNS name or an address, and a UDP port.
 *
 * @param host a DNS name, an IPv4 address, or an IPv6 address without brackets
 * @param port 1 to 65535
 */
public record ConfiguredEndpoint(String host, int port) {
  // What is looked up may hold more than what is registered; a line of a configuration may not.
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

  /** {@code host:port}, an IPv6 address in brackets, as {@code wg} writes it. */
  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
