package dev.wiremesh.cli.output;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table as kubectl prints it: headings in capitals, columns as wide as their widest cell, three
 * spaces between them. Owned by one thread.
 */
public final class Table {
  private static final String GAP = "   ";

  private final List<List<String>> rows = new ArrayList<>();

  public Table(String... headings) {
    rows.add(List.of(headings));
  }

  /** Adds a row; an empty cell is printed as it is. */
  public void row(String... cells) {
    if (cells.length != rows.getFirst().size()) {
      throw new IllegalArgumentException(
          cells.length + " cells in a table of " + rows.getFirst().size() + " columns");
    }
    rows.add(List.of(cells));
  }

  public boolean isEmpty() {
    return rows.size() == 1;
  }

  /** The lines, each with a newline at its end and no spaces before it. */
  @Override
  public String toString() {
    var widths = new int[rows.getFirst().size()];
    for (var row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    var text = new StringBuilder();
    for (var row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append(row.get(i)).repeat(" ", widths[i] - row.get(i).length()).append(GAP);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  /** Without the columns at these places, such as those of the wide form. */
  public Table without(int... columns) {
    var kept = new ArrayList<Integer>();
    for (int i = 0; i < rows.getFirst().size(); i++) {
      int column = i;
      if (Arrays.stream(columns).noneMatch(it -> it == column)) {
        kept.add(i);
      }
    }
    var table = new Table(pick(rows.getFirst(), kept));
    rows.stream().skip(1).forEach(row -> table.row(pick(row, kept)));
    return table;
  }

  private static String[] pick(List<String> row, List<Integer> columns) {
    return columns.stream().map(row::get).toArray(String[]::new);
  }
}
