package dev.wiremesh.cli.status;

import dev.wiremesh.cli.output.Table;
import dev.wiremesh.cli.status.StatusReport.Health;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A report as tables.
 *
 * @param wide whether there are more columns
 * @param allNamespaces whether peers have a column for their namespace
 * @param details whether conditions and routes are listed
 * @param now the time that ages are counted from
 */
record StatusText(boolean wide, boolean allNamespaces, boolean details, Instant now) {
  private static final String NONE = "-";

  /** The tables, a blank line between them. */
  String of(StatusReport report) {
    var tables = new ArrayList<Table>();
    tables.add(networks(report));
    tables.add(nodes(report));
    tables.add(problems(report));
    tables.add(peers(report));
    if (details) {
      report.networks().forEach(it -> tables.add(conditions(it.health())));
      report
          .peers()
          .forEach(it -> {
            // A network's status lists its peers; only a Peer that was asked for has details.
            if (report.networks().isEmpty()) {
              tables.add(conditions(it.health()));
              tables.add(routes(it));
            }
          });
    }
    return String.join(
        "\n", tables.stream().filter(table -> !table.isEmpty()).map(Table::toString).toList());
  }

  private Table networks(StatusReport report) {
    var table =
        new Table("NETWORK", "NODES", "PEERS", "CONNECTED", "FREE", "CIDR", "PORT", "READY", "WHY");
    report
        .networks()
        .forEach(it ->
            table.row(
                it.name(),
                it.nodes().text(),
                number(it.peers().all()),
                number(it.peers().some()),
                joined(it.pools().stream().map(pool -> text(pool.free())).toList()),
                joined(it.cidrs()),
                number(it.listenPort()),
                it.health().ready(),
                why(it.health())));
    return wide ? table : table.without(5, 6);
  }

  private Table nodes(StatusReport report) {
    var table =
        new Table(
            "NODE",
            "NETWORK",
            "ADDRESS",
            "ENDPOINT",
            "GATEWAY",
            "CONNECTED",
            "MTU",
            "PUBLIC-KEY",
            "READY",
            "WHY");
    report
        .nodes()
        .forEach(it ->
            table.row(
                it.node(),
                it.network(),
                joined(it.device().addresses()),
                it.device().endpoints().isEmpty() ? NONE : it.device().endpoints().getFirst(),
                it.gateway() ? "yes" : "no",
                it.peers().text(),
                number(it.device().mtu()),
                text(it.device().publicKey()),
                it.health().ready(),
                why(it.health())));
    return wide ? table : table.without(6, 7);
  }

  private static Table problems(StatusReport report) {
    var table = new Table("PROBLEM ON", "WITH", "REASON", "MESSAGE");
    report
        .nodes()
        .forEach(node ->
            node.problems()
                .forEach(it ->
                    table.row(node.node(), it.peer(), text(it.reason()), text(it.message()))));
    return table;
  }

  private Table peers(StatusReport report) {
    var table =
        new Table(
            "NAMESPACE",
            "PEER",
            "NETWORK",
            "ADDRESS",
            "STATE",
            "LAST-HANDSHAKE",
            "GATEWAY",
            "ENDPOINT",
            "PUBLIC-KEY",
            "READY",
            "WHY");
    report
        .peers()
        .forEach(it ->
            table.row(
                it.namespace(),
                it.name(),
                it.network(),
                joined(it.identity().addresses()),
                it.session().state(),
                age(it.session().lastHandshakeTime()),
                text(it.session().gateway()),
                text(it.session().endpoint()),
                text(it.identity().publicKey()),
                it.health().ready(),
                why(it.health())));
    var narrow = wide ? table : table.without(6, 7, 8);
    return allNamespaces ? narrow : narrow.without(0);
  }

  private static Table conditions(Health health) {
    var table = new Table("CONDITION", "STATUS", "REASON", "MESSAGE");
    health
        .conditions()
        .forEach(it -> table.row(it.type(), it.status(), text(it.reason()), text(it.message())));
    return table;
  }

  private static Table routes(StatusReport.PeerEntry peer) {
    var table = new Table("ROUTE", "STATE", "MESSAGE");
    peer.routes().forEach(it -> table.row(it.cidr(), text(it.state()), text(it.message())));
    return table;
  }

  private static String why(Health health) {
    // Messages of conditions are one line, but nothing in the API holds that.
    return health.why() == null ? "" : health.why().replaceAll("\\s+", " ");
  }

  /** Age of a time, as kubectl writes it. */
  private String age(@Nullable String time) {
    if (time == null) {
      return NONE;
    }
    try {
      var age = Duration.between(Instant.parse(time), now);
      if (age.compareTo(Duration.ofMinutes(2)) < 0) {
        return Math.max(0, age.toSeconds()) + "s";
      }
      if (age.compareTo(Duration.ofHours(3)) < 0) {
        return age.toMinutes() + "m";
      }
      return age.compareTo(Duration.ofDays(2)) < 0 ? age.toHours() + "h" : age.toDays() + "d";
    } catch (DateTimeParseException _) {
      return time;
    }
  }

  private static String joined(List<String> texts) {
    return texts.isEmpty() ? NONE : String.join(",", texts);
  }

  private static String number(@Nullable Integer number) {
    return number == null ? NONE : number.toString();
  }

  private static String text(@Nullable String text) {
    return text == null || text.isEmpty() ? NONE : text;
  }
}
