package dev.wiremesh.agent.report;

import java.util.List;

/**
 * How far a network's plan is in force on this node: each part is well, or says why not.
 *
 * @param device the interface and its keys
 * @param peers sessions that may be, and allowed IPs
 * @param routes addresses, MTU, routes and rules
 */
public record PlanConditions(Section device, Section peers, Section routes) {
  /** One part, which becomes one condition. */
  public record Section(boolean well, String reason, String message) {
    public static Section well(String reason, String message) {
      return new Section(true, reason, message);
    }

    public static Section failing(String reason, String message) {
      return new Section(false, reason, message);
    }
  }

  public static PlanConditions waiting(String message) {
    var waiting = Section.failing("Waiting", message);
    return new PlanConditions(waiting, waiting, waiting);
  }

  public boolean allWell() {
    return all().stream().allMatch(Section::well);
  }

  /** What stands in the way; well if nothing does. */
  public Section summary() {
    return all().stream()
        .filter(section -> !section.well())
        .findFirst()
        .orElse(Section.well("Ready", "Device, peers and routes are as planned."));
  }

  private List<Section> all() {
    return List.of(device, peers, routes);
  }
}
