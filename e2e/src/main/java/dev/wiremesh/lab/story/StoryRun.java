package dev.wiremesh.lab.story;

import static java.util.stream.Collectors.joining;

import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.cluster.OutsideHost;
import dev.wiremesh.testkit.host.Capture;
import dev.wiremesh.testkit.host.Host;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A story on a lab whose manifests are applied: builds its edges, sends a request for each
 * connection that it promises, and judges them by captures on every machine and on the underlay.
 *
 * <p>Owned by one thread. {@link #close} removes the edges.
 */
public final class StoryRun implements AutoCloseable {
  private static final int HTTP = 80;

  /**
   * The payload of the first request; each further one is larger by one, which tells them apart.
   */
  private static final int FIRST_PAYLOAD_BYTES = 200;

  /** Three packets of two lines each. */
  private static final int CLEAR_LINES = 6;

  private static final Duration RECORDED = Duration.ofSeconds(3);

  /** Prefixes that no packet of the underlay may have as source or target. */
  private static final String CLEAR_TEXT =
      "(net 10.64.0.0/10 and not net 10.88.0.0/24) or net 192.168.0.0/16 or net 10.244.0.0/16";

  private final Story story;
  private final StoryScene scene;

  public StoryRun(Lab lab, Story story, Consumer<String> progress) {
    this.story = story;
    this.scene = new StoryScene(lab, story, progress);
  }

  /** Builds the story and checks it. */
  public StoryReport run() throws InterruptedException {
    story.build(scene);
    // From here on: wg-quick brings an interface up before it adds the routes. In between, a client
    // answers a probe of its gateway by the default route, in clear text.
    try (var underlay = scene.lab().captureUnderlay("not tcp port 6443")) {
      var report = new StoryReport.Builder();
      scene.rows().forEach(report::add);
      connections(story.reaches(scene), report);
      story.moves(scene, report);
      connections(story.reachesAfterMoves(scene), report);
      story.failures(scene, report);
      clearText(underlay, report);
      return report.build(story.name());
    }
  }

  /** Breaks the control plane, and more, under running flows. */
  public FaultReport faults(Duration outage) throws InterruptedException {
    return new StoryFaults(scene, story).run(outage);
  }

  private void connections(List<Reach> reaches, StoryReport.Builder report)
      throws InterruptedException {
    if (reaches.isEmpty()) {
      return;
    }
    for (var reach : reaches) {
      var condition = "%s reaches %s at %s".formatted(reach.from(), reach.to(), reach.address());
      if (!scene.becomes(condition, StoryScene.PATIENCE, () -> works(reach))) {
        throw new LabException(
            "waited %d s until %s.%n%s"
                .formatted(StoryScene.PATIENCE.toSeconds(), condition, diagnosis(reach)));
      }
    }
    scene.say("Sending a request for each of %d connections".formatted(reaches.size()));
    try (var trace = WayTrace.start(scene.watched())) {
      var requests = new ArrayList<Request>();
      for (var reach : reaches) {
        requests.add(send(reach, FIRST_PAYLOAD_BYTES + requests.size()));
      }
      // tcpdump may be a moment behind.
      var last = requests.getLast();
      var _ =
          scene.becomes(
              "the captures are complete",
              RECORDED,
              () ->
                  WayTrace.way(trace.sightings(), last::is).machines().equals(last.reach().way()));
      var sightings = trace.sightings();
      requests.forEach(request -> report.add(row(request, sightings)));
    }
  }

  /** The way of one more request, and the WireGuard state of each machine on the promised way. */
  private String diagnosis(Reach reach) throws InterruptedException {
    var text = new StringBuilder();
    try (var trace = WayTrace.start(scene.watched())) {
      var request = send(reach, FIRST_PAYLOAD_BYTES - 1);
      var _ =
          scene.becomes(
              "the captures are complete",
              RECORDED,
              () -> WayTrace.way(trace.sightings(), request::is).machines().equals(reach.way()));
      text.append(
          "A request goes %s; the story says %s.%n"
              .formatted(
                  WayTrace.way(trace.sightings(), request::is).text(),
                  String.join(", ", reach.way())));
    }
    for (var name : reach.way()) {
      for (var detail : List.of("latest-handshakes", "allowed-ips", "endpoints")) {
        scene
            .machine(name)
            .command("wg", "show", "all", detail)
            .run()
            .output()
            .lines()
            .forEach(line -> text.append("%s %s: %s%n".formatted(name, detail, line)));
      }
    }
    return text.append(scene.routes()).toString();
  }

  private boolean works(Reach reach) {
    var from = scene.machine(reach.from());
    return switch (reach.kind()) {
      case PING -> from.ping(reach.address()).succeeded();
      case TCP -> WebPage.fetch(from, reach.address(), HTTP);
    };
  }

  private Request send(Reach reach, int payloadBytes) {
    var from = scene.machine(reach.from());
    var before = transferred(reach);
    double began = now();
    boolean answered =
        switch (reach.kind()) {
          case PING -> ping(from, reach.address(), payloadBytes);
          case TCP -> WebPage.fetch(from, reach.address(), HTTP);
        };
    double ended = now();
    var still = new ArrayList<String>();
    transferred(reach)
        .forEach((client, after) -> {
          var earlier = before.get(client);
          if (earlier == null || !moved(earlier, after)) {
            still.add(client);
          }
        });
    return new Request(reach, payloadBytes, began, ended, answered, still);
  }

  private static boolean ping(Host from, String address, int payloadBytes) {
    var pattern = HexFormat.of().formatHex(WebPage.MARKER.getBytes(StandardCharsets.UTF_8));
    return from.command(
            "ping",
            "-n",
            "-c",
            "1",
            "-W",
            "2",
            "-s",
            Integer.toString(payloadBytes),
            "-p",
            pattern,
            address)
        .run()
        .succeeded();
  }

  /** Seconds since the epoch. */
  static double now() {
    var now = Instant.now();
    return now.getEpochSecond() + now.getNano() / 1e9;
  }

  /** Received and sent bytes of the tunnels of the clients on the way. */
  private Map<String, long[]> transferred(Reach reach) {
    var bytes = new HashMap<String, long[]>();
    if (reach.direct()) {
      return bytes;
    }
    for (var name : reach.way()) {
      if (scene.clients().contains(name)) {
        bytes.put(name, transferredBy(name));
      }
    }
    return bytes;
  }

  private long[] transferredBy(String client) {
    var fields =
        scene.machine(client).exec("wg", "show", OutsideHost.INTERFACE, "transfer").split("\t");
    return new long[] {Long.parseLong(fields[1].strip()), Long.parseLong(fields[2].strip())};
  }

  private static boolean moved(long[] before, long[] after) {
    return after[0] > before[0] && after[1] > before[1];
  }

  private static StoryReport.Row row(Request request, List<Sighting> sightings) {
    var reach = request.reach();
    var way = WayTrace.way(sightings, request::is);
    var problem = request.problem(way);
    var kind = reach.kind() == Reach.Kind.PING ? "ping" : "TCP, 1 MB";
    return new StoryReport.Row(
        reach.from(),
        reach.to() + " " + reach.address(),
        way.text(),
        problem.isEmpty() ? "%s, seen as %s".formatted(kind, way.source()) : problem,
        problem.isEmpty());
  }

  private void clearText(Capture underlay, StoryReport.Builder report) {
    int port = scene.listenPort();
    long sealed = headers(underlay.details("udp port " + port));
    var clearLines = underlay.details(CLEAR_TEXT);
    long clear = headers(clearLines);
    boolean marked = contains(underlay.pcap(), WebPage.MARKER.getBytes(StandardCharsets.UTF_8));
    report.add(
        new StoryReport.Row(
            "underlay",
            "UDP port " + port,
            "all packets since the clients are up",
            "%d WireGuard packets, %d in clear text%s%s"
                .formatted(
                    sealed,
                    clear,
                    marked ? "; payload in clear text" : "",
                    clearLines.stream()
                        .limit(CLEAR_LINES)
                        .map(line -> "; " + line.strip())
                        .collect(joining())),
            sealed > 0 && clear == 0 && !marked));
  }

  private static long headers(List<String> lines) {
    return lines.stream()
        .filter(line -> !line.isEmpty() && Character.isDigit(line.charAt(0)))
        .count();
  }

  private static boolean contains(byte[] all, byte[] part) {
    var text = new String(all, StandardCharsets.ISO_8859_1);
    return text.contains(new String(part, StandardCharsets.ISO_8859_1));
  }

  @Override
  public void close() {
    scene.close();
  }

  /**
   * A request that was sent.
   *
   * @param began seconds since the epoch
   * @param still clients on the way whose counters did not move
   */
  private record Request(
      Reach reach,
      int payloadBytes,
      double began,
      double ended,
      boolean answered,
      List<String> still) {

    boolean is(Sighting seen) {
      return switch (reach.kind()) {
        case PING -> seen.payloadBytes() == payloadBytes;
        case TCP ->
            seen.payloadBytes() == Sighting.SYN
                && seen.seconds() >= began
                && seen.seconds() <= ended;
      };
    }

    String problem(WayTrace.Way way) {
      if (!answered) {
        return "NO ANSWER";
      }
      if (!way.machines().equals(reach.way())) {
        return "WRONG WAY, expected " + String.join(", ", reach.way());
      }
      if (reach.direct() == way.text().contains(WayTrace.TUNNEL)) {
        return reach.direct() ? "THROUGH A TUNNEL" : "WITHOUT A TUNNEL";
      }
      if (!way.source().equals(reach.source())) {
        return "WRONG SOURCE %s, expected %s".formatted(way.source(), reach.source());
      }
      return still.isEmpty() ? "" : "COUNTERS STAND STILL on " + String.join(", ", still);
    }
  }
}
