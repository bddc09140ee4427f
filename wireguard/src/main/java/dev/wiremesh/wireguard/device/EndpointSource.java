package dev.wiremesh.wireguard.device;

import java.util.Locale;

/** Cause of an endpoint change. */
public enum EndpointSource {
  CONFIGURATION,
  HANDSHAKE,
  DATA;

  /** Label of the metric. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
