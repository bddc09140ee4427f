package dev.wiremesh.lab.torture;

import java.util.List;

/** Odd values of each type in the schema, and JSON of other types. */
final class HostileValues {
  static final List<String> DURATIONS =
      List.of(
          "0s",
          "25s",
          "25",
          "25 s",
          "",
          "-1s",
          "+25s",
          "500ms",
          "0.5s",
          "1d",
          "1h",
          "1H",
          "65535s",
          "65536s",
          "0000000025s",
          "18h12m15s",
          "18h12m16s",
          "1h1h1h",
          "9999999999h",
          "1000000000s",
          "8784h",
          "8785h",
          "000001h",
          "2562048h",
          "25s\n",
          "٢٥s",
          "25s25",
          "PT25S",
          "1e3s");

  static final List<String> PREFIXES =
      List.of(
          "0.0.0.0/0",
          "::/0",
          "10.0.0.0/8",
          "10.70.0.0/16",
          "10.70.0.0/17",
          "10.70.0.1/32",
          "10.70.0.1/16",
          "010.71.0.0/16",
          "10.71.0.0/33",
          "10.71.0.0/-1",
          "10.71.0.0/08",
          "10.71.0.0",
          "/33",
          "",
          "10.96.0.0/16",
          "10.96.0.1/32",
          "10.244.0.0/16",
          "127.0.0.0/8",
          "127.5.0.0/24",
          "169.254.169.254/32",
          "192.168.200.0/24",
          "192.168.200.128/25",
          "192.168.200.10/32",
          "192.168.0.0/16",
          "224.0.0.0/24",
          "240.0.0.0/4",
          "255.255.255.255/32",
          "100.64.0.0/10",
          "172.16.0.2/32",
          "fd00:70::/64",
          "fe80::/64",
          "ff02::/64",
          "fc00::/7",
          "::1/128",
          "::ffff:10.0.0.0/104",
          "2001:DB8::/32",
          "2001:db8:0:0::/64",
          "fd00::1%eth0/128",
          "1.2.3/24",
          "0x0a.0.0.0/8",
          "10.71.0.0/16 ",
          "10.71.0.0/16\n");

  static final List<String> ADDRESSES =
      List.of(
          "10.70.0.0",
          "10.70.0.1",
          "10.70.255.255",
          "10.70.0.07",
          "10.70.0.7/32",
          "10.71.0.7",
          "0.0.0.0",
          "127.0.0.1",
          "203.0.113.555",
          "::",
          "::1",
          "fd00:70::7",
          "fe80::1",
          "::ffff:10.70.0.7",
          "localhost",
          "",
          "10.70.0.7,10.70.0.8");

  static final List<String> NAMES =
      List.of(
          "a",
          "A",
          "a.b",
          "-a",
          "a-",
          "a/b",
          "../../wiremesh-system/secrets/wiremesh-gateway-home",
          "..",
          "a b",
          "a\nb",
          "ä",
          "a".repeat(32),
          "a".repeat(33),
          "a".repeat(253),
          "a".repeat(254),
          "",
          "%2e%2e",
          "a?b=c",
          "home");

  static final List<String> KEYS =
      List.of(
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
          "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
          "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
          "7f///////////////////////////////////////38=",
          "7P////////////////////////////////////////8=",
          "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=",
          "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n",
          "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmp=",
          "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo=",
          "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo",
          "85 20",
          "",
          "x".repeat(65));

  static final List<String> TABLES =
      List.of(
          "auto",
          "off",
          "main",
          "0",
          "1",
          "253",
          "254",
          "255",
          "51900",
          "4294967295",
          "4294967296",
          "-1",
          "1.5",
          "0x100",
          "",
          "AUTO");

  static final List<String> HOSTS =
      List.of(
          "127.0.0.1",
          "0.0.0.0",
          "203.0.113.555",
          "203.0.113.5",
          "203.0.113.05",
          "1",
          "10.96.0.1",
          "169.254.169.254",
          "255.255.255.255",
          "[2001:db8::5]",
          "2001:db8::5",
          "fe80::1%eth0",
          "::ffff:127.0.0.1",
          "vpn.example.com",
          "vpn.example.com.",
          "vpn..example.com",
          "vpn_example.com",
          "localhost",
          "vpn.example.com:51820",
          "x".repeat(64) + ".example",
          "a.".repeat(126) + "a",
          "xn--bcher-kva.example",
          "bücher.example",
          "$(reboot)",
          "a\nPostUp = reboot");

  static final List<Integer> NUMBERS =
      List.of(
          Integer.MIN_VALUE,
          -1,
          0,
          1,
          253,
          255,
          575,
          576,
          1279,
          1280,
          32765,
          32766,
          65535,
          65536,
          Integer.MAX_VALUE);

  /** JSON in the place of a text or an object. */
  static final List<String> WRONG_TYPES =
      List.of("null", "25", "true", "[]", "[\"\"]", "{}", "[null]", "1e400", "\"auto\"");

  private HostileValues() {}
}
