package dev.wiremesh.lab.story;

import dev.wiremesh.testkit.host.Capture;
import dev.wiremesh.testkit.host.Host;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A phone with two uplinks, 5G and Wi-Fi, each behind the NAT of another router; one is on at a
 * time.
 *
 * <p>Owned by one thread.
 */
final class Phone {
  static final String NAME = "phone";
  static final Duration LONGEST_GAP = Duration.ofSeconds(2);
  private static final String MOBILE = "5g";
  private static final String WIFI = "wlan0";
  private static final String MOBILE_NETWORK = "100.64.5.";
  private static final String WIFI_NETWORK = "192.168.178.";
  static final Duration SHORT_SLEEP = Duration.ofSeconds(10);
  private static final Pattern DATAGRAM =
      Pattern.compile("(\\d+\\.\\d+) " + WIFI + " +Out .*|(\\d+\\.\\d+) " + MOBILE + " +Out .*");

  private final StoryScene scene;
  private final Host machine;

  /** A phone on 5G. */
  Phone(StoryScene scene, Host carrier, Host wifi) {
    this.scene = scene;
    this.machine = scene.add(NAME);
    scene.behind(machine, WIFI, wifi, WIFI_NETWORK);
    scene.behind(machine, MOBILE, carrier, MOBILE_NETWORK);
    sleep();
    wake(MOBILE);
  }

  Host machine() {
    return machine;
  }

  /** Changes from 5G to Wi-Fi and, after a sleep, back, each time under a running flow. */
  void roams(String address, Duration sleep, StoryReport.Builder report)
      throws InterruptedException {
    try (var flow =
        new PingFlow(machine, new PingFlow.Ends(NAME, "roaming", address), scene.logs())) {
      scene.await("the phone reaches " + address, flow::isAnswered);
      row(report, address, "5G -> Wi-Fi", move(flow, Duration.ZERO, WIFI));
      row(
          report,
          address,
          "Wi-Fi -> asleep for %d s -> 5G".formatted(sleep.toSeconds()),
          move(flow, sleep, MOBILE));
    }
  }

  /** Sleeps, and wakes on the other uplink; the gap from the first datagram to the first answer. */
  double sleepAndMove(String address, Duration length, boolean toWifi) throws InterruptedException {
    try (var flow =
        new PingFlow(machine, new PingFlow.Ends(NAME, "roaming", address), scene.logs())) {
      scene.await("the phone reaches " + address, flow::isAnswered);
      return move(flow, length, toWifi ? WIFI : MOBILE);
    }
  }

  private double move(PingFlow flow, Duration asleep, String uplink) throws InterruptedException {
    sleep();
    if (!asleep.isZero()) {
      scene.pause("The phone sleeps", asleep);
    }
    try (var capture = machine.capture("any", "udp")) {
      wake(uplink);
      if (!scene.becomes(
          "the phone sends on " + uplink,
          StoryScene.PATIENCE,
          () -> firstDatagram(capture) < Double.POSITIVE_INFINITY)) {
        return Double.POSITIVE_INFINITY;
      }
      double first = firstDatagram(capture);
      var _ =
          scene.becomes(
              "the phone gets an answer on " + uplink,
              StoryScene.PATIENCE,
              () -> flow.isAnsweredSince(first));
      return flow.firstAnswerSince(first) - first;
    }
  }

  private static double firstDatagram(Capture capture) {
    for (var line : capture.details("")) {
      var datagram = DATAGRAM.matcher(line);
      if (datagram.matches()) {
        return Double.parseDouble(
            datagram.group(1) == null ? datagram.group(2) : datagram.group(1));
      }
    }
    return Double.POSITIVE_INFINITY;
  }

  private static void row(StoryReport.Builder report, String address, String way, double gap) {
    report.add(
        new StoryReport.Row(
            NAME,
            address,
            way,
            "first answer %.0f ms after the first packet".formatted(1e3 * gap),
            gap <= LONGEST_GAP.toSeconds()));
  }

  /** Both uplinks are off. */
  private void sleep() {
    for (var device : List.of(MOBILE, WIFI)) {
      machine.ip("link", "set", device, "down");
    }
  }

  private void wake(String uplink) {
    machine.ip("link", "set", uplink, "up");
    machine.route("default", (uplink.equals(WIFI) ? WIFI_NETWORK : MOBILE_NETWORK) + "1");
  }
}
