package dev.wiremesh.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.Seeds;
import inet.ipaddr.IPAddressString;
import java.math.BigInteger;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 0.0.0.0",
    "10.70.0.5, 10.70.0.5",
    "255.255.255.255, 255.255.255.255",
    "::, ::",
    "::1, ::1",
    "1::, 1::",
    "FD00::AB, fd00::ab",
    "fd00:0:0:0:0:0:0:5, fd00::5",
    // RFC 5952 section 4.2: a single group stays, the longest run goes, the first of equal ones.
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
    "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
    "::ffff:192.0.2.1, ::ffff:192.0.2.1",
    "::ffff:c000:201, ::ffff:192.0.2.1",
    "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
    "::192.0.2.33, ::c000:221",
    "1:2:3:4:5:6:1.2.3.4, 1:2:3:4:5:6:102:304"
  })
  void strictTextIsParsedAndPrintedCanonically(String text, String canonical) {
    assertThat(IpAddress.parse(text)).hasToString(canonical);
    assertThat(IpAddress.parse(canonical)).isEqualTo(IpAddress.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "10",
        "10.0.0",
        "10.0.0.0.0",
        "10.0.0.256",
        "10.0.0.01",
        "10.0.0.-1",
        "10.0.0.1 ",
        "0x10.0.0.1",
        "example.org",
        ":",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4::5:6:7:8",
        "::1:2:3:4:5:6:7:8",
        "12345::",
        "g::",
        "1:2:3:4:5:6:7:",
        ":1:2:3:4:5:6:7",
        "fe80::1%eth0",
        "[::1]",
        "::1.2.3",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::ffff:1.2.3.256",
        "١.1.1.1",
        "1.1.1.1/32"
      })
  void invalidAddressIsRefusedWithAdvice(String text) {
    assertThatThrownBy(() -> IpAddress.parse(text))
        .isInstanceOf(InvalidAddressException.class)
        .hasMessageStartingWith("'" + text + "' is not an IP address: ");
  }

  @Test
  void textAndBytesAgreeWithTheOracle() throws Exception {
    var random = Seeds.random();
    for (int i = 0; i < 20_000; i++) {
      var address =
          random.nextInt(4) == 0 ? RandomAddresses.crowded(random) : RandomAddresses.any(random);
      var oracle = new IPAddressString(address.toString()).toAddress();
      assertThat(oracle.getBytes()).isEqualTo(address.toBytes());
      assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
      assertThat(IpAddress.of(address.toBytes())).isEqualTo(address);
      if (oracle.isIPv6()) {
        assertThat(IpAddress.parse(oracle.toFullString())).isEqualTo(address);
      }
      assertThat(InetAddress.getByName(address.toString())).isEqualTo(address.toInetAddress());
      if (!address.toString().startsWith("::ffff:")) {
        assertThat(address.toString()).isEqualTo(oracle.toCanonicalString());
      }
    }
  }

  @Test
  void countingWrapsAroundAtTheEndOfTheFamily() {
    var random = Seeds.random();
    for (int i = 0; i < 20_000; i++) {
      var address =
          random.nextBoolean() ? RandomAddresses.crowded(random) : RandomAddresses.any(random);
      long n = random.nextBoolean() ? random.nextLong() : random.nextInt(9) - 4;
      var size = BigInteger.TWO.pow(address.family().bits());
      var expected = number(address).add(BigInteger.valueOf(n)).mod(size);
      assertThat(number(address.plus(n))).isEqualTo(expected);
    }
    assertThat(IpAddress.parse("255.255.255.255").plus(1)).hasToString("0.0.0.0");
    assertThat(IpAddress.parse("::").plus(-1))
        .hasToString("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    assertThat(IpAddress.parse("::").plus(Long.MIN_VALUE))
        .hasToString("ffff:ffff:ffff:ffff:8000::");
  }

  @Test
  void orderIsByFamilyAndThenUnsigned() {
    var random = Seeds.random();
    for (int i = 0; i < 20_000; i++) {
      var a = RandomAddresses.any(random);
      var b = random.nextInt(8) == 0 ? a : RandomAddresses.any(random);
      int expected =
          a.family() == b.family()
              ? number(a).compareTo(number(b))
              : a.family().compareTo(b.family());
      assertThat(Integer.signum(a.compareTo(b))).isEqualTo(Integer.signum(expected));
      assertThat(a.compareTo(b) == 0).isEqualTo(a.equals(b));
    }
  }

  @Test
  void wrongSizesAreRefused() {
    assertThatThrownBy(() -> IpAddress.of(new byte[5]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new IpAddress(IpAddress.Family.IPV4, 0, 1L << 32))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new IpAddress(IpAddress.Family.IPV4, 1, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static BigInteger number(IpAddress address) {
    return new BigInteger(1, address.toBytes());
  }
}
