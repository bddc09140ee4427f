package dev.wiremesh.lab.cluster;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The description of an outside host to be made.
 *
 * @param peer {@code namespace/name} of the Peer whose configuration it gets
 * @param lan a network behind the host, with one machine in it
 */
public record HostRequest(
    String name, String peer, Implementation with, boolean behindNat, Optional<Lan> lan) {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,14}");

  public HostRequest {
    if (!NAME.matcher(name).matches()) {
      throw new LabException(
          "'%s' cannot name a host: write up to 15 lower-case letters, digits and dashes"
              .formatted(name));
    }
    if (peer.chars().filter(c -> c == '/').count() != 1) {
      throw new LabException("'%s': write a peer as NAMESPACE/NAME".formatted(peer));
    }
  }

  String peerNamespace() {
    return peer.substring(0, peer.indexOf('/'));
  }

  String peerName() {
    return peer.substring(peer.indexOf('/') + 1);
  }

  /** The WireGuard implementation of the host. */
  public enum Implementation {
    WIREGUARD_GO("wireguard-go"),
    WIREMESH("wiremesh");

    private final String text;

    Implementation(String text) {
      this.text = text;
    }

    /** The name on the command line. */
    public static Implementation of(String text) {
      for (var each : values()) {
        if (each.text.equals(text.toLowerCase(Locale.ROOT))) {
          return each;
        }
      }
      throw new LabException("'%s': write wireguard-go or wiremesh".formatted(text));
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * A network such as {@code 192.168.200.0/24}: the host is .1 in it, the machine behind it .10.
   */
  public record Lan(String prefix, int length) {
    private static final Pattern CIDR = Pattern.compile("(\\d+\\.\\d+\\.\\d+)\\.0/(\\d+)");

    /** Reads a network that ends in .0. */
    public static Lan of(String cidr) {
      var matched = CIDR.matcher(cidr);
      if (!matched.matches()) {
        throw new LabException("'%s': write a network such as 192.168.200.0/24".formatted(cidr));
      }
      return new Lan(matched.group(1), Integer.parseInt(matched.group(2)));
    }

    String router() {
      return prefix + ".1";
    }

    /** The address of the machine in it. */
    public String machine() {
      return prefix + ".10";
    }

    String withLength(String address) {
      return address + "/" + length;
    }
  }
}
