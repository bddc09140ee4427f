package dev.wiremesh.api.contract;

import dev.wiremesh.api.ObjectNames;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** Names of the Leases, all in the operator's namespace. */
public final class LeaseNames {
  /** Held by the replica of the operator that leads. */
  public static final String OPERATOR = "wiremesh-operator";

  private static final Pattern PLAIN = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");

  private LeaseNames() {}

  /**
   * The Lease that claims a value of a device parameter for one network, {@code
   * wiremesh-port-51900}. Its holder is the network. A value that is no part of a name, such as the
   * interface name {@code WG_0}, stands there in hexadecimal digits: {@code
   * wiremesh-interface.57475f30}.
   *
   * @param parameter as in the label {@link Labels#CLAIM}
   */
  public static String claim(String parameter, String value) {
    return PLAIN.matcher(value).matches()
        ? "wiremesh-" + parameter + "-" + value
        : "wiremesh-"
            + parameter
            + "."
            + HexFormat.of().formatHex(value.getBytes(StandardCharsets.UTF_8));
  }

  /** The value that a Lease claims; empty if its name claims none of that parameter. */
  public static Optional<String> claimed(String parameter, String name) {
    var prefix = "wiremesh-" + parameter;
    if (name.startsWith(prefix + "-")) {
      return Optional.of(name.substring(prefix.length() + 1));
    }
    if (!name.startsWith(prefix + ".")) {
      return Optional.empty();
    }
    try {
      var bytes = HexFormat.of().parseHex(name.substring(prefix.length() + 1));
      return Optional.of(new String(bytes, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * The Lease that an agent renews: one a node, however many networks the node is part of.
   *
   * <p>Earlier versions knew it for gateways only, hence its name. The chart's admission policy
   * pins the name, and during an upgrade or a rollback agents and operators of both versions meet:
   * under another name, one of them would take living nodes for lost. So the name stays; readers go
   * by the label {@link Labels#GATEWAY} and the holder.
   */
  public static String agent(String node) {
    return ObjectNames.fitting("wiremesh-gateway-" + node, ObjectNames.LONGEST_NAME);
  }
}
