package dev.wiremesh.wireguard.noise;

import java.util.Arrays;

/** The keys of a completed handshake, one for each direction. The caller wipes them. */
public record TransportKeys(byte[] send, byte[] receive) {
  public void wipe() {
    Arrays.fill(send, (byte) 0);
    Arrays.fill(receive, (byte) 0);
  }

  @Override
  public String toString() {
    return "(transport keys)";
  }
}
