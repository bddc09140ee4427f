package dev.wiremesh.operator.peer;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A client's wg-quick configuration: exactly one {@code [Peer]}, since all gateways answer to one
 * identity.
 *
 * @param peer {@code namespace/name}
 * @param privateKey null where only the public key is known to us
 * @param dns name servers, then search domains; none: no line, since wg-quick fails where there is
 *     no resolvconf
 * @param table null: not said
 * @param presharedKey null: none
 * @param keepalive zero: none
 * @param routes the networks behind the client that others reach through it
 */
record ClientConfiguration(
    String peer,
    String network,
    @Nullable PrivateKey privateKey,
    List<IpAddress> addresses,
    int mtuBytes,
    List<String> dns,
    @Nullable String table,
    PublicKey gatewayKey,
    @Nullable PresharedKey presharedKey,
    List<IpPrefix> allowedIps,
    ConfiguredEndpoint endpoint,
    Duration keepalive,
    List<SiteRoute> routes) {

  /**
   * A network behind the client.
   *
   * @param masquerade whether the client answers for what comes through the tunnel
   */
  record SiteRoute(IpPrefix cidr, boolean masquerade) {}

  static final String PLACEHOLDER = "PUT-THE-PRIVATE-KEY-HERE";

  /** The file, ready for {@code wg-quick up}. */
  String text() {
    var lines = new ArrayList<String>();
    lines.add("# " + peer + " in the WireGuard network " + network + ". Made by Wiremesh.");
    lines.add("[Interface]");
    if (privateKey == null) {
      lines.add(
          "# Only the public key is known to the cluster: write this device's private key here.");
    }
    lines.add("PrivateKey = " + (privateKey == null ? PLACEHOLDER : privateKey.toBase64()));
    lines.add("Address = " + joined(addresses.stream().map(IpAddress::toPrefix).toList()));
    if (!dns.isEmpty()) {
      lines.add("DNS = " + String.join(", ", dns));
    }
    lines.add("MTU = " + mtuBytes);
    if (table != null) {
      lines.add("Table = " + table);
    }
    lines.addAll(new SiteRouterScript(routes).lines());
    lines.add("");
    lines.add("[Peer]");
    lines.add("# The gateways of " + network + ": they share this key.");
    lines.add("PublicKey = " + gatewayKey);
    if (presharedKey != null) {
      lines.add("PresharedKey = " + presharedKey.toBase64());
    }
    lines.add("AllowedIPs = " + joined(allowedIps));
    lines.add("Endpoint = " + endpoint);
    if (keepalive.isPositive()) {
      lines.add("PersistentKeepalive = " + keepalive.toSeconds());
    }
    return lines.stream().collect(Collectors.joining("\n", "", "\n"));
  }

  private static String joined(List<IpPrefix> prefixes) {
    return prefixes.stream().map(IpPrefix::toString).collect(Collectors.joining(", "));
  }

  /** Never the keys. */
  @Override
  public String toString() {
    return "ClientConfiguration[" + peer + "]";
  }
}
