package dev.wiremesh.lab;

import dev.wiremesh.lab.story.FaultReport;
import dev.wiremesh.lab.story.StoryReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The text form of a {@link StoryReport} and a {@link FaultReport}, for a terminal. */
final class StoryText {
  private StoryText() {}

  static String of(StoryReport report) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("FROM", "TO", "BY WAY OF", "", "RESULT"));
    report
        .rows()
        .forEach(row ->
            rows.add(List.of(row.from(), row.to(), row.way(), word(row.holds()), row.result())));
    return table(rows);
  }

  /** A fault is named in the first of its rows. */
  static String of(FaultReport report) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("FAULT", "FLOW", "SENT", "LOST", "LONGEST GAP", "", "NOTE"));
    var last = "";
    for (var row : report.rows()) {
      var fault = row.fault().equals(last) ? "" : row.fault();
      last = row.fault();
      rows.add(
          List.of(
              fault,
              row.flow(),
              row.sent() == 0 ? "" : Integer.toString(row.sent()),
              row.sent() == 0 ? "" : Integer.toString(row.lost()),
              row.longestGapSeconds() == 0
                  ? ""
                  : String.format(Locale.ROOT, "%.2f s", row.longestGapSeconds()),
              word(row.holds()),
              row.note()));
    }
    return table(rows);
  }

  private static String word(boolean holds) {
    return holds ? "ok" : "FAILS";
  }

  private static String table(List<List<String>> rows) {
    var text = new StringBuilder("\n");
    int columns = rows.getFirst().size();
    var widths = new int[columns];
    for (var row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (var row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
