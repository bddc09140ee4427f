package dev.wiremesh.testkit.kubernetes;

import java.time.Instant;

/**
 * A ServiceAccount's token.
 *
 * @param serviceAccount {@code namespace/name}
 */
public record ServiceAccountToken(String serviceAccount, String token, Instant expires) {

  @Override
  public String toString() {
    return "ServiceAccountToken[%s, until %s]".formatted(serviceAccount, expires);
  }
}
