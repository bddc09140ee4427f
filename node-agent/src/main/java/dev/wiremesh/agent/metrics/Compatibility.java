package dev.wiremesh.agent.metrics;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** Names of another exporter under which metrics are exposed a second time. */
public enum Compatibility {
  NONE("none"),
  /** Names of prometheus_wireguard_exporter, so that its dashboards keep working. */
  WIREGUARD_EXPORTER("wireguard-exporter");

  public static final String VARIABLE = "WIREMESH_METRICS_COMPATIBILITY";

  private final String label;

  Compatibility(String label) {
    this.label = label;
  }

  /**
   * The value of {@link #VARIABLE}; {@link #NONE} if it is not set.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  public static Compatibility parse(Map<String, String> environment) {
    var value = environment.getOrDefault(VARIABLE, "").strip();
    if (value.isEmpty()) {
      return NONE;
    }
    return Arrays.stream(values())
        .filter(known -> known.label.equals(value))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException(VARIABLE + "=" + value + ": write " + all()));
  }

  private static String all() {
    return Arrays.stream(values()).map(known -> known.label).collect(Collectors.joining(" or "));
  }
}
