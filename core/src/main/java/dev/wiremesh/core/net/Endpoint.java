package dev.wiremesh.core.net;

/**
 * Where a peer can be dialled, as configured: a DNS name or an address, and a UDP port.
 *
 * @param host a DNS name, an IPv4 address, or an IPv6 address without brackets
 * @param port 1 to 65535
 */
public record Endpoint(String host, int port) {
  public Endpoint {
    if (host.isBlank() || host.indexOf('[') >= 0) {
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
