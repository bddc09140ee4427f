package dev.wiremesh.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCellAndLinesEndWithoutSpaces() {
    var table = new Table("NAME", "WIDE", "WHY");
    table.row("a-long-name", "x", "");
    table.row("b", "y", "a reason");
    assertThat(table)
        .hasToString(
            """
            NAME          WIDE   WHY
            a-long-name   x
            b             y      a reason
            """);
    assertThat(table.without(1))
        .hasToString(
            """
            NAME          WHY
            a-long-name
            b             a reason
            """);
  }
}
