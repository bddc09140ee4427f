package dev.wiremesh.core.view;

import java.util.Comparator;

/** The name of an outside peer, {@code namespace/name}. */
public record PeerName(String namespace, String name) implements Comparable<PeerName> {
  private static final Comparator<PeerName> ORDER =
      Comparator.comparing(PeerName::namespace).thenComparing(PeerName::name);

  @Override
  public int compareTo(PeerName other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
