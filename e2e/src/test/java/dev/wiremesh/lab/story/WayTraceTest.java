package dev.wiremesh.lab.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ways that are read from captures. */
class WayTraceTest {
  private static final String HEADER =
      "%s %-5s %-3s IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto ICMP (1), length 229)";

  private static List<String> echo(
      String seconds, String device, String direction, String source, String target, int length) {
    return List.of(
        HEADER.formatted(seconds, device, direction),
        "    %s > %s: ICMP echo request, id 23686, seq 1, length %d"
            .formatted(source, target, length));
  }

  @Test
  void wayHasTheMachinesInTheOrderOfTimeAndTheSourceAtTheLast() {
    var seen = new ArrayList<Sighting>();
    seen.addAll(
        Sighting.parse("gate", echo("10.30", "wg0", "In", "10.74.0.9", "192.168.200.244", 209)));
    seen.addAll(
        Sighting.parse(
            "gate", echo("10.31", "eth0", "Out", "192.168.200.2", "192.168.200.244", 209)));
    seen.addAll(
        Sighting.parse(
            "printer", echo("10.32", "eth0", "In", "192.168.200.2", "192.168.200.244", 209)));
    seen.addAll(
        Sighting.parse("ann", echo("10.10", "wg0", "Out", "10.74.0.9", "192.168.200.244", 209)));
    seen.addAll(
        Sighting.parse("ann", echo("10.11", "wg0", "Out", "10.74.0.9", "192.168.200.9", 210)));
    seen.sort(Comparator.comparingDouble(Sighting::seconds));

    var way = WayTrace.way(seen, request -> request.payloadBytes() == 201);

    assertThat(way.machines()).containsExactly("ann", "gate", "printer");
    assertThat(way.text()).isEqualTo("ann => gate -> printer");
    assertThat(way.source()).isEqualTo("192.168.200.2");
  }

  @Test
  void openingOfATcpConnectionIsARequestAndItsAnswerIsNot() {
    var lines =
        List.of(
            "10.1 lo    In  IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)",
            "    10.0.0.1.57284 > 10.0.0.2.80: Flags [S], cksum 0xfe30 (incorrect -> 0x53dd), seq 1, win 1, length 0",
            "10.2 lo    In  IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)",
            "    10.0.0.2.80 > 10.0.0.1.57284: Flags [S.], cksum 0xfe30 (correct), seq 1, ack 1, win 1, length 0");

    assertThat(Sighting.parse("n1", lines))
        .containsExactly(
            new Sighting("n1", 10.1, "lo", false, "10.0.0.1", "10.0.0.2", Sighting.SYN));
  }

  @Test
  void requestOfACaptureWithoutDevicesIsFoundToo() {
    var lines =
        List.of(
            "10.1 IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto ICMP (1), length 229)",
            "    10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64");

    assertThat(Sighting.parse("n1", lines))
        .containsExactly(new Sighting("n1", 10.1, "", false, "10.0.0.1", "10.0.0.2", 56));
  }
}
