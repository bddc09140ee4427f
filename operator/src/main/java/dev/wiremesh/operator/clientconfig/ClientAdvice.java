package dev.wiremesh.operator.clientconfig;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.net.Prefixes;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Sentences for the owner of a Peer about consequences of its configuration that the operator
 * cannot mend: traffic that may go beside the tunnel or into itself. Immutable.
 */
final class ClientAdvice {
  /** Routes that one sentence names. */
  private static final int MOST_NAMED = 5;

  private final ConfiguredClient client;
  private final ClientAllowedIps allowed;

  ClientAdvice(ConfiguredClient client, ClientAllowedIps allowed) {
    this.client = client;
    this.allowed = allowed;
  }

  /** Sentences on what the owner of the peer has to see to. */
  Optional<String> sentences() {
    var sentences =
        Stream.of(endpointAdvice(), familyAdvice(), preferLocalAdvice()).flatMap(Optional::stream);
    return Optional.of(sentences.collect(Collectors.joining(" "))).filter(it -> !it.isEmpty());
  }

  /** A sentence about the sites that {@code preferLocal} cannot widen. */
  private Optional<String> preferLocalAdvice() {
    if (!client.settings().preferLocal) {
      return Optional.empty();
    }
    var hindrances = new TreeMap<>(allowed.widened().hindrances());
    if (hindrances.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "spec.client.preferLocal has no effect on "
            + hindrances.entrySet().stream()
                .limit(MOST_NAMED)
                .map(entry ->
                    "%s (%s beside it must stay outside of the tunnel)"
                        .formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "))
            + (hindrances.size() > MOST_NAMED
                ? " and " + (hindrances.size() - MOST_NAMED) + " more routes."
                : "."));
  }

  /**
   * A sentence about an endpoint whose addresses are not known here, if the client might route them
   * into its own tunnel.
   */
  private Optional<String> endpointAdvice() {
    if (client.dialsAddress()) {
      return Optional.empty();
    }
    var uncut = ClientAllowedIps.defaultRoutes(allowed.exact());
    var more =
        Prefixes.minus(allowed.exact(), allowed.reachable()).stream()
            .anyMatch(prefix -> !uncut.contains(prefix.family()));
    return more
        ? Optional.of(
            "Its endpoint is the name "
                + client.endpoint().host()
                + ": write the addresses of that name into spec.client.excludeIPs, unless"
                + " they are a gateway's own or outside AllowedIPs.")
        : Optional.empty();
  }

  /**
   * A sentence about traffic that goes beside the tunnel, although the owner may expect it inside:
   * of a family that the peer has no address of, and that the configuration therefore leaves out.
   */
  private Optional<String> familyAdvice() {
    var left =
        allowed.given().stream().filter(prefix -> !client.hasFamily(prefix.family())).toList();
    var absent = Stream.of(Family.values()).filter(family -> !client.hasFamily(family)).findFirst();
    if (absent.isEmpty()) {
      return Optional.empty();
    }
    var name = absent.get() == Family.IPV6 ? "IPv6" : "IPv4";
    if (coversMostOfAFamily(allowed.prefixes())) {
      return Optional.of(
          "The peer has no %s address, so %s traffic of its machine goes beside the tunnel: add an"
                  .formatted(name, name)
              + " %s pool to network %s, or turn %s off on that machine."
                  .formatted(name, client.network(), name));
    }
    return left.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s leaves out %s%s, since the peer has no %s address: add an %s pool to network %s, or"
                    .formatted(
                        allowed.givenField(),
                        left.getFirst(),
                        left.size() == 1 ? "" : " and " + (left.size() - 1) + " more",
                        name,
                        name,
                        client.network())
                + " take it out.");
  }

  /** A full tunnel: a default route, its halves, or one from which some ranges are cut. */
  private static boolean coversMostOfAFamily(List<IpPrefix> prefixes) {
    return Stream.of(Family.values())
        .anyMatch(family ->
            prefixes.stream()
                    .filter(prefix -> prefix.family() == family)
                    .mapToDouble(prefix -> Math.scalb(1.0, -prefix.length()))
                    .sum()
                >= 0.5);
  }
}
