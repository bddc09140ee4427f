package dev.wiremesh.lab.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.lab.cluster.HostRequest.Implementation;
import dev.wiremesh.lab.cluster.HostRequest.Lan;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HostRequestTest {

  @Test
  void peerIsNamedWithItsNamespace() {
    var request = request("laptop", "default/tablet");

    assertThat(request.peerNamespace()).isEqualTo("default");
    assertThat(request.peerName()).isEqualTo("tablet");
  }

  @Test
  void mistakesAreAnsweredWithWhatToWrite() {
    assertThatThrownBy(() -> request("laptop", "tablet")).hasMessageContaining("NAMESPACE/NAME");
    assertThatThrownBy(() -> request("My Laptop", "default/tablet"))
        .hasMessageContaining("lower-case letters");
    assertThatThrownBy(() -> Implementation.of("openvpn"))
        .hasMessageContaining("wireguard-go or wiremesh");
    assertThatThrownBy(() -> Lan.of("192.168.200.7/24")).hasMessageContaining("192.168.200.0/24");
  }

  @Test
  void networkBehindHostHasTheHostAsItsRouter() {
    var lan = Lan.of("192.168.200.0/24");

    assertThat(lan.withLength(lan.router())).isEqualTo("192.168.200.1/24");
    assertThat(lan.machine()).isEqualTo("192.168.200.10");
  }

  private static HostRequest request(String name, String peer) {
    return new HostRequest(name, peer, Implementation.WIREGUARD_GO, false, Optional.empty());
  }
}
