package dev.wiremesh.lab.story;

import java.util.List;

/** The results of the faults of a story: the rows of its fault table. */
public record FaultReport(List<Row> rows) {

  public FaultReport {
    rows = List.copyOf(rows);
  }

  /** Whether every fault costs at most what it may. */
  public boolean holds() {
    return rows.stream().allMatch(Row::holds);
  }

  /**
   * A flow during a fault.
   *
   * @param longestGapSeconds the longest time between two answers
   * @param note an observation beside packets; empty without one
   */
  public record Row(
      String fault,
      String flow,
      int sent,
      int lost,
      double longestGapSeconds,
      String note,
      boolean holds) {}
}
