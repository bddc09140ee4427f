package dev.wiremesh.lab.story;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NetworkdClientTest {
  @Test
  void sectionsAboutWireGuardAreReadByWg() {
    var netdev =
        """
        # wg0.netdev
        [NetDev]
        Name=wg0
        Kind=wireguard

        [WireGuard]
        PrivateKey=WMc9YfRhdm8cC5TQKoM/2mMTSXYPVYCF6n/gQLCr0lo=
        # By this mark the tunnel's own packets pass beside its default route.
        FirewallMark=51820

        [WireGuardPeer]
        PublicKey=2S7mA0vEMethCNQrJpJKE81/JmhgtB+tHHLYQhgM6kk=
        AllowedIPs=10.70.0.0/16, 0.0.0.0/0
        Endpoint=203.0.113.5:51900
        """;
    assertThat(NetworkdClient.wgConfiguration(netdev))
        .isEqualTo(
            """
            [Interface]
            PrivateKey=WMc9YfRhdm8cC5TQKoM/2mMTSXYPVYCF6n/gQLCr0lo=
            FwMark=51820

            [Peer]
            PublicKey=2S7mA0vEMethCNQrJpJKE81/JmhgtB+tHHLYQhgM6kk=
            AllowedIPs=10.70.0.0/16, 0.0.0.0/0
            Endpoint=203.0.113.5:51900
            """);
  }
}
