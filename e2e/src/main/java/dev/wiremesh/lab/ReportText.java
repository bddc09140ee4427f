package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.MeshReport;
import dev.wiremesh.lab.cluster.MeshReport.Member;
import dev.wiremesh.lab.cluster.MeshReport.Ping;
import dev.wiremesh.lab.cluster.MeshReport.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The text form of a {@link MeshReport}, for a terminal. */
final class ReportText {
  private ReportText() {}

  static String of(MeshReport report) {
    var text = new StringBuilder();
    text.append('\n').append(members(report));
    for (var network : report.members().stream().map(Member::network).distinct().toList()) {
      text.append('\n').append(matrix(report, network));
    }
    text.append('\n').append(locations(report));
    return text.toString();
  }

  private static String members(MeshReport report) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("MACHINE", "NETWORK", "ADDRESS", "INTERFACE", "HANDSHAKES", "METRICS"));
    for (var node : report.nodes()) {
      var parts =
          report.members().stream().filter(member -> member.machine().equals(node.name())).toList();
      if (parts.isEmpty()) {
        rows.add(List.of(node.name(), "-", "-", "-", "-", metrics(node.agent())));
      }
      parts.forEach(member -> rows.add(row(member, metrics(node.agent()))));
    }
    for (var host : report.hosts()) {
      report.members().stream()
          .filter(member -> member.machine().equals(host.name()))
          .forEach(member -> rows.add(row(member, host.with())));
    }
    return aligned(rows);
  }

  private static String metrics(MeshReport.Program program) {
    return program.running() ? program.metrics() : "not running: " + program.log();
  }

  private static List<String> row(Member member, String last) {
    return List.of(
        member.machine(),
        member.network(),
        orDash(String.join(",", member.addresses())),
        orDash(member.interfaceName()),
        orDash(
            member.sessions().stream().map(ReportText::session).collect(Collectors.joining(", "))),
        last);
  }

  private static String session(Session session) {
    var name =
        Optional.ofNullable(session.peer()).orElse(session.publicKey().substring(0, 8) + "…");
    var age = session.handshakeAgeSeconds();
    return name + " " + (age == null ? "never" : age + "s");
  }

  private static String matrix(MeshReport report, String network) {
    var members =
        report.members().stream()
            .filter(member -> member.network().equals(network) && !member.addresses().isEmpty())
            .toList();
    var rows = new ArrayList<List<String>>();
    var head = new ArrayList<>(List.of("PING (ms)"));
    members.forEach(member -> head.add("-> " + member.machine()));
    rows.add(head);
    for (var from : members) {
      var row = new ArrayList<>(List.of(from.machine()));
      for (var to : members) {
        row.add(from.machine().equals(to.machine()) ? "." : cell(report, from, to));
      }
      rows.add(row);
    }
    return "Network " + network + "\n" + aligned(rows);
  }

  private static String cell(MeshReport report, Member from, Member to) {
    return report.pings().stream()
        .filter(ping ->
            ping.from().equals(from.machine())
                && ping.to().equals(to.machine())
                && to.addresses().contains(ping.address()))
        .map(ReportText::milliseconds)
        .collect(Collectors.joining(" "));
  }

  private static String milliseconds(Ping ping) {
    var time = ping.milliseconds();
    return time == null ? "LOST" : String.format(Locale.ROOT, "%.2f", time);
  }

  private static String locations(MeshReport report) {
    return """
    %s at %s
      export KUBECONFIG=%s
    Operator: %s
    """
        .formatted(
            report.controlPlane().kubernetes(),
            report.controlPlane().api(),
            report.controlPlane().kubeconfig(),
            metrics(report.operator()));
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private static String aligned(List<List<String>> rows) {
    var widths = new int[rows.getFirst().size()];
    for (var row : rows) {
      for (int column = 0; column < row.size(); column++) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    return rows.stream()
        .map(row -> {
          var line = new StringBuilder();
          for (int column = 0; column < row.size(); column++) {
            line.append(row.get(column))
                .append(" ".repeat(widths[column] - row.get(column).length() + 2));
          }
          return line.toString().stripTrailing() + "\n";
        })
        .collect(Collectors.joining());
  }
}
