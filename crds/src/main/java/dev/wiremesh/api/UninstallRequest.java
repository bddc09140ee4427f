package dev.wiremesh.api;

import io.fabric8.kubernetes.api.model.ConfigMap;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The ConfigMap by which the chart's job asks every agent to clean its node. It is there only while
 * the job waits, and says itself how long that is: one that a killed job left behind asks nobody.
 * Each agent answers with a line under the name of its node.
 */
public final class UninstallRequest {
  public static final String NAME = "wiremesh-uninstall";

  /** Line of an agent whose node is clean. */
  public static final String CLEAN = "clean";

  /** No name of a node: the admission policy lets an agent write no line but its node's. */
  private static final String UNTIL = "_until";

  private UninstallRequest() {}

  /** What a mark says that asks until a moment. */
  public static Map<String, String> askingUntil(Instant moment) {
    return Map.of(UNTIL, moment.toString());
  }

  /** Until when a mark asks; empty if it does not say, and so asks nobody. */
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
