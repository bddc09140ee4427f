package dev.wiremesh.agent.host.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.host.link.UnderlayMtu.UnderlayRoute;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class UnderlayMtuTest {
  private static final List<UnderlayRoute> CLOUD =
      List.of(
          route("0.0.0.0/0", 1500),
          route("::/0", 1500),
          route("10.1.0.0/16", 9001),
          route("10.2.0.0/16", 1460));

  @Test
  void smallestMtuOfTheRoutesToPeersDecides() {
    assertThat(choose(CLOUD, false, "10.1.0.7")).isEqualTo(9001 - 60);
    assertThat(choose(CLOUD, false, "10.1.0.7", "10.2.0.7")).isEqualTo(1460 - 60);
    assertThat(choose(CLOUD, false, "10.1.0.7", "203.0.113.5")).isEqualTo(1440);
  }

  @Test
  void ipv6OutsideCostsTwentyBytesMore() {
    assertThat(choose(CLOUD, false, "2001:db8::1")).isEqualTo(1420);
  }

  @Test
  void gatewayIsReachedFromEverywhere() {
    assertThat(choose(CLOUD, true, "10.1.0.7")).isEqualTo(1420);
    assertThat(choose(List.of(route("0.0.0.0/0", 1500)), true, "10.1.0.7")).isEqualTo(1440);
  }

  @Test
  void withoutRoutesItIsTheUsual() {
    assertThat(choose(List.of(), false)).isEqualTo(1440);
    assertThat(choose(CLOUD, false)).isEqualTo(1420);
  }

  @Test
  void ipv6InsideNeedsItsMinimum() {
    var narrow = List.of(route("0.0.0.0/0", 1280));
    assertThat(UnderlayMtu.choose(narrow, List.of(), false, true)).isEqualTo(1280);
    assertThat(UnderlayMtu.choose(narrow, List.of(), false, false)).isEqualTo(1220);
  }

  private static int choose(List<UnderlayRoute> routes, boolean gateway, String... endpoints) {
    return UnderlayMtu.choose(
        routes, Stream.of(endpoints).map(IpAddress::parse).toList(), gateway, false);
  }

  private static UnderlayRoute route(String destination, int mtu) {
    return new UnderlayRoute(IpPrefix.parse(destination), mtu);
  }
}
