package dev.wiremesh.lab;

import dev.wiremesh.lab.torture.TortureReport;

/** The text form of a {@link TortureReport}, for a terminal. */
final class TortureText {
  private TortureText() {}

  static String of(TortureReport report) {
    var text = new StringBuilder("\nThe storm of seed %d\n".formatted(report.seed()));
    report.storm().forEach((figure, count) -> row(text, figure, count));
    text.append("\nHostile manifests\n");
    report.manifests().forEach((outcome, count) -> row(text, outcome.toString(), count));
    row(text, "together", report.manifests().values().stream().mapToInt(Integer::intValue).sum());
    text.append("\nInvariants\n");
    for (var check : report.checks()) {
      text.append("  %-6s %s%n".formatted(check.holds() ? "holds" : "FAILS", check.invariant()));
      if (!check.holds()) {
        text.append("         ").append(check.problem()).append('\n');
      }
    }
    return text.toString();
  }

  private static void row(StringBuilder text, String name, int count) {
    text.append("  %6d  %s%n".formatted(count, name));
  }
}
