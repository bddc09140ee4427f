package dev.wiremesh.wireguard.device;

import java.util.Locale;

/** What moved a peer's endpoint. */
public enum EndpointSource {
  CONFIGURATION,
  HANDSHAKE,
  DATA;

  /** Label of the metric. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
