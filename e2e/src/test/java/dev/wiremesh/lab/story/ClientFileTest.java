package dev.wiremesh.lab.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClientFileTest {
  private static final Peer GATE = peer("gate", "192.168.201.0/24", null);
  private static final Peer SPARE = peer("spare", "192.168.200.0/24", null);
  private static final Peer BRANCH = peer("branch", "192.168.201.0/24", "10.201.0.0/24");

  @Test
  void everyRouteOfTheOthersIsExpectedUnderItsMeshBlock() {
    assertThat(ClientFile.expected("ann", List.of(GATE, SPARE, BRANCH)))
        .extracting(Object::toString)
        .containsExactly("192.168.201.0/24", "192.168.200.0/24", "10.201.0.0/24");
  }

  @Test
  void routesThatOverlapThePeersOwnLanAreNotExpected() {
    assertThat(ClientFile.expected("branch", List.of(GATE, SPARE, BRANCH)))
        .extracting(Object::toString)
        .containsExactly("192.168.200.0/24");
  }

  @Test
  void allowedIpsAreReadFromAllLines() {
    assertThat(
            ClientFile.allowedIps(
                """
                [Peer]
                AllowedIPs = 10.74.0.0/16, 10.201.0.0/24
                AllowedIPs = fd00::/64
                """))
        .extracting(Object::toString)
        .containsExactly("10.74.0.0/16", "10.201.0.0/24", "fd00::/64");
  }

  private static Peer peer(String name, String cidr, @Nullable String translateTo) {
    var route = new PeerSpec.Route();
    route.cidr = cidr;
    route.translateTo = translateTo;
    var spec = new PeerSpec();
    spec.routes = List.of(route);
    var peer = new Peer();
    peer.setMetadata(new ObjectMetaBuilder().withName(name).build());
    peer.setSpec(spec);
    return peer;
  }
}
