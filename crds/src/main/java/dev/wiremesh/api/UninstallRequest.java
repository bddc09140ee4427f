package dev.wiremesh.api;

import io.fabric8.kubernetes.api.model.ConfigMap;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The ConfigMap by which the chart's job asks every agent to clean its node. It exists only while
 * the job waits, and holds its own expiry, so that one left behind by a killed job has no effect.
 * Each agent answers with a line under the name of its node.
 */
public final class UninstallRequest {
  public static final String NAME = "wiremesh-uninstall";

  /** Line of an agent whose node is clean. */
  public static final String CLEAN = "clean";

  /** Not a possible node name: the admission policy lets an agent write its node's line only. */
  private static final String UNTIL = "_until";

  private UninstallRequest() {}

  /** The content of a request that expires at a time. */
  public static Map<String, String> askingUntil(Instant moment) {
    return Map.of(UNTIL, moment.toString());
  }

  /** The expiry of a request; empty if it has none, and so has no effect. */
  public static Optional<Instant> until(ConfigMap mark) {
    var data = mark.getData();
    var text = data == null ? null : data.get(UNTIL);
    try {
      return Optional.ofNullable(text).map(Instant::parse);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
