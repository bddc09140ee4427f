package dev.wiremesh.wireguard.packet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketSealerTest {
  @ParameterizedTest(name = "{0} bytes, MTU {1}: {2}")
  @CsvSource({
    "0, 1420, 0",
    "1, 1420, 15",
    "16, 1420, 0",
    "100, 1420, 12",
    "1408, 1420, 0",
    "1409, 1420, 11",
    "1420, 1420, 0",
    "1421, 1420, 15",
    "2840, 1420, 0",
    "2839, 1420, 1",
    "1299, 1300, 1",
    "100, 0, 12"
  })
  void paddingFillsUnitsOfSixteenBytesButNotBeyondTheMtu(int length, int mtu, int padding) {
    assertThat(PacketSealer.paddingOf(length, mtu)).isEqualTo(padding);
  }
}
