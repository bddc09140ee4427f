package dev.wiremesh.operator.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIPBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PodAddressesTest {
  @Test
  void allAddressesOfAPodCount() {
    assertThat(PodAddresses.of(pod(false, "10.0.5.53", "fd00:5::35")))
        .containsExactlyElementsOf(prefixes("10.0.5.53/32", "fd00:5::35/128"));
  }

  @Test
  void podOnTheHostNetworkOrWithoutAddressHasNone() {
    assertThat(PodAddresses.of(pod(true, "10.0.5.53"))).isEmpty();
    assertThat(PodAddresses.of(new Pod())).isEmpty();
    assertThat(PodAddresses.of(pod(false, "no address"))).isEmpty();
  }

  @Test
  void addressesAreKeptWhileThereAreFew() {
    var addresses = new PodAddresses(10);
    assertThat(addresses.add(prefixes("10.0.5.53/32"))).hasSize(1);
    assertThat(addresses.add(prefixes("10.0.9.1/32", "10.0.5.53/32")))
        .containsExactlyElementsOf(prefixes("10.0.9.1/32"));
    assertThat(addresses.ranges())
        .containsExactlyElementsOf(prefixes("10.0.5.53/32", "10.0.9.1/32"));
  }

  @Test
  void manyAddressesAreWidenedAndNoneIsForgotten() {
    var addresses = new PodAddresses(64);
    var all = new ArrayList<IpPrefix>();
    for (int i = 0; i < 5_000; i++) {
      var v4 = IpAddress.parse("10.%d.%d.%d".formatted(i % 7, i % 251, i % 13)).toPrefix();
      var v6 = IpAddress.parse("fd00:%x::%x".formatted(i % 5, i)).toPrefix();
      all.add(v4);
      all.add(v6);
      addresses.add(List.of(v4, v6));
      assertThat(addresses.ranges()).hasSizeLessThanOrEqualTo(64);
    }
    assertThat(all)
        .allMatch(address -> addresses.ranges().stream().anyMatch(it -> it.contains(address)));
    assertThat(addresses.ranges()).noneMatch(it -> it.contains(IpAddress.parse("192.168.0.1")));
  }

  private static Pod pod(boolean hostNetwork, String... addresses) {
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("pod")
            .endMetadata()
            .withNewSpec()
            .withHostNetwork(hostNetwork)
            .endSpec()
            .withNewStatus()
            .withPodIP(addresses[0])
            .endStatus()
            .build();
    Stream.of(addresses)
        .map(address -> new PodIPBuilder().withIp(address).build())
        .forEach(ip -> pod.getStatus().getPodIPs().add(ip));
    return pod;
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }
}
