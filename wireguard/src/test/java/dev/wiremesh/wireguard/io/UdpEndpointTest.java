package dev.wiremesh.wireguard.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.net.IpAddress;
import org.junit.jupiter.api.Test;

class UdpEndpointTest {
  private static final IpAddress SOURCE = IpAddress.parse("192.0.2.9");

  private final UdpEndpoint configured = UdpEndpoint.of(IpAddress.parse("192.0.2.1"), 51820);
  private final UdpEndpoint learned =
      new UdpEndpoint(configured.address(), configured.port(), 0, SOURCE, 3);
  private final UdpEndpoint linkLocal =
      new UdpEndpoint(IpAddress.parse("fe80::1"), 51820, 3, IpAddress.parse("fe80::9"), 3);

  @Test
  void destinationIsComparedWithoutTheSource() {
    assertThat(learned.sameDestination(configured)).isTrue();
    assertThat(learned).isNotEqualTo(configured);
    assertThat(learned.withoutSource()).isEqualTo(configured);
    assertThat(learned.sameDestination(UdpEndpoint.of(configured.address(), 51821))).isFalse();
    assertThat(learned.sameDestination(UdpEndpoint.of(SOURCE, 51820))).isFalse();
  }

  @Test
  void interfaceIsKeptOnlyForALinkLocalDestination() {
    assertThat(learned.withoutSourceInterface())
        .isEqualTo(new UdpEndpoint(configured.address(), 51820, 0, SOURCE, 0));
    assertThat(linkLocal.withoutSourceInterface()).isSameAs(linkLocal);
  }

  @Test
  void cookiesAreBoundToAddressAndPort() {
    assertThat(learned.destinationBytes())
        .containsExactly((byte) 192, (byte) 0, (byte) 2, (byte) 1, (byte) 0xca, (byte) 0x6c);
    assertThat(linkLocal.destinationBytes()).hasSize(18).endsWith((byte) 0xca, (byte) 0x6c);
  }

  @Test
  void udpBindRefusesTheEndpointOfAnotherKindOfBind() {
    assertThat(UdpEndpoint.require(learned)).isSameAs(learned);
    var relay = new RelayEndpoint(configured);
    assertThatThrownBy(() -> UdpEndpoint.require(relay))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("relay of 192.0.2.1:51820");
    assertThat(configured.sameDestination(relay)).isFalse();
  }

  /** An endpoint that no UDP socket can send to. */
  private record RelayEndpoint(UdpEndpoint server) implements Endpoint {
    @Override
    public IpAddress address() {
      return server.address();
    }

    @Override
    public int port() {
      return server.port();
    }

    @Override
    public byte[] destinationBytes() {
      return server.destinationBytes();
    }

    @Override
    public boolean sameDestination(Endpoint other) {
      return equals(other);
    }

    @Override
    public Endpoint withoutSource() {
      return this;
    }

    @Override
    public Endpoint withoutSourceInterface() {
      return this;
    }

    @Override
    public String toString() {
      return "relay of " + server;
    }
  }
}
