package dev.wiremesh.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class EndpointTest {
  @Test
  void endpointIsPrintedAsWgPrintsIt() {
    assertThat(new ConfiguredEndpoint("vpn.example.org", 51900))
        .hasToString("vpn.example.org:51900");
    assertThat(new ConfiguredEndpoint("192.0.2.1", 1)).hasToString("192.0.2.1:1");
    assertThat(new ConfiguredEndpoint("2001:db8::1", 65535)).hasToString("[2001:db8::1]:65535");
  }

  @Test
  void invalidHostOrPortIsRefused() {
    assertThatThrownBy(() -> new ConfiguredEndpoint(" ", 1))
        .isInstanceOf(InvalidAddressException.class);
    assertThatThrownBy(() -> new ConfiguredEndpoint("[::1]", 1))
        .isInstanceOf(InvalidAddressException.class);
    // The host becomes part of a line of a configuration file.
    assertThatThrownBy(() -> new ConfiguredEndpoint("a:1\nPostUp = sh", 1))
        .isInstanceOf(InvalidAddressException.class);
    assertThatThrownBy(() -> new ConfiguredEndpoint("a", 0))
        .isInstanceOf(InvalidAddressException.class);
    assertThatThrownBy(() -> new ConfiguredEndpoint("a", 65536))
        .isInstanceOf(InvalidAddressException.class);
  }
}
