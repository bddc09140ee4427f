package dev.wiremesh.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.Seeds;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpPrefixTest {
  @ParameterizedTest
  @CsvSource({
    "10.70.0.0/16, 10.70.0.0/16",
    "10.70.0.5, 10.70.0.5/32",
    "0.0.0.0/0, 0.0.0.0/0",
    "fd00::/64, fd00::/64",
    "fd00::5, fd00::5/128",
    "::/0, ::/0"
  })
  void textIsParsed(String text, String canonical) {
    assertThat(IpPrefix.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "/8",
        "10.0.0.0/8/8",
        "10.0.0.0/ 8",
        "::/129",
        "10.0.0.0/+8",
        "10.0.0.0/0008",
        "10.0.0.0/99999999999"
      })
  void invalidPrefixIsRefused(String text) {
    assertThatThrownBy(() -> IpPrefix.parse(text)).isInstanceOf(InvalidAddressException.class);
    assertThatThrownBy(() -> IpPrefix.parseMasked(text))
        .isInstanceOf(InvalidAddressException.class);
  }

  @Test
  void hostBitsAreRefusedWithTwoSuggestions() {
    assertThatThrownBy(() -> IpPrefix.parse("192.168.200.7/24"))
        .hasMessage(
            "192.168.200.7/24 has host bits: write 192.168.200.0/24, or 192.168.200.7/32 for the"
                + " one address");
    assertThat(IpPrefix.parseMasked("192.168.200.7/24")).hasToString("192.168.200.0/24");
  }

  @Test
  void arithmeticAgreesWithTheOracle() {
    var random = Seeds.random();
    for (int i = 0; i < 20_000; i++) {
      var a = RandomAddresses.prefix(random, RandomAddresses.crowded(random));
      var b = RandomAddresses.prefix(random, RandomAddresses.crowded(random));
      var oracleA = oracle(a);
      var oracleB = oracle(b);
      boolean sameFamily = a.family() == b.family();
      assertThat(a.contains(b)).isEqualTo(sameFamily && oracleA.contains(oracleB));
      assertThat(a.overlaps(b)).isEqualTo(sameFamily && oracleA.intersect(oracleB) != null);
      assertThat(a.last().toBytes()).isEqualTo(oracleA.getUpper().getBytes());
      var address = RandomAddresses.crowded(random);
      assertThat(a.contains(address))
          .isEqualTo(
              address.family() == a.family()
                  && oracleA.contains(new IPAddressString(address.toString()).getAddress()));
    }
  }

  @Test
  void differenceIsMinimalAndExact() {
    var random = Seeds.random();
    for (int i = 0; i < 5_000; i++) {
      var a = RandomAddresses.prefix(random, RandomAddresses.crowded(random));
      var b = hole(random, a);
      var left = a.minus(b);
      assertThat(left).as("%s minus %s", a, b).isSorted().isEqualTo(oracleMinus(a, b));
      for (var piece : left) {
        assertThat(a.contains(piece)).isTrue();
        assertThat(piece.overlaps(b)).isFalse();
      }
    }
  }

  private static IpPrefix hole(Random random, IpPrefix around) {
    return random.nextBoolean()
        ? RandomAddresses.prefix(random, around.address().plus(random.nextInt(16)))
        : RandomAddresses.prefix(random, RandomAddresses.crowded(random));
  }

  private static List<IpPrefix> oracleMinus(IpPrefix a, IpPrefix b) {
    if (a.family() != b.family()) {
      return List.of(a);
    }
    var parts = oracle(a).subtract(oracle(b));
    if (parts == null || parts.length == 0) {
      return List.of();
    }
    var blocks = new ArrayList<IpPrefix>();
    for (var block : parts[0].mergeToPrefixBlocks(parts)) {
      blocks.add(
          new IpPrefix(
              IpAddress.of(block.getLower().getBytes()),
              block.getPrefixLength() == null ? block.getBitCount() : block.getPrefixLength()));
    }
    blocks.sort(null);
    return Arrays.asList(blocks.toArray(IpPrefix[]::new));
  }

  private static IPAddress oracle(IpPrefix prefix) {
    return new IPAddressString(prefix.toString()).getAddress();
  }
}
