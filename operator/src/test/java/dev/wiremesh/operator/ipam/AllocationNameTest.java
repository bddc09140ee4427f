package dev.wiremesh.operator.ipam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import org.junit.jupiter.api.Test;

final class AllocationNameTest {
  @Test
  void nameIsNetworkAndAddress() {
    assertThat(AllocationName.of("home", IpAddress.parse("10.70.0.5"))).isEqualTo("home.10.70.0.5");
    assertThat(AllocationName.of("home", IpAddress.parse("fd00::5")))
        .isEqualTo("home.fd00-0-0-0-0-0-0-5");
    assertThat(AllocationName.of("home", IpAddress.parse("fd00:1:2:3:4:5:6:ffff")))
        .isEqualTo("home.fd00-1-2-3-4-5-6-ffff");
  }
}
