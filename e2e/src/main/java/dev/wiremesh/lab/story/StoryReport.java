package dev.wiremesh.lab.story;

import java.util.ArrayList;
import java.util.List;

/** The results of a story: the rows of its table. */
public record StoryReport(String story, List<Row> rows) {

  public StoryReport {
    rows = List.copyOf(rows);
  }

  /** Whether every row is as the story says. */
  public boolean holds() {
    return rows.stream().allMatch(Row::holds);
  }

  /**
   * A connection, or another promise of the story.
   *
   * @param way the observed way
   */
  public record Row(String from, String to, String way, String result, boolean holds) {}

  /** Collects rows. Owned by one thread. */
  public static final class Builder {
    private final List<Row> rows = new ArrayList<>();

    void add(Row row) {
      rows.add(row);
    }

    StoryReport build(String story) {
      return new StoryReport(story, rows);
    }
  }
}
