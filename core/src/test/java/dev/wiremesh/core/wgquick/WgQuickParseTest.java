package dev.wiremesh.core.wgquick;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.WgQuickConfig.Hook;
import dev.wiremesh.core.wgquick.WgQuickConfig.HookPoint;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WgQuickParseTest {
  private static final String PRIVATE_KEY = "WMc9YfRhdm8cC5TQKoM/2mMTSXYPVYCF6n/gQLCr0lo=";
  private static final String PUBLIC_KEY = "2S7mA0vEMethCNQrJpJKE81/JmhgtB+tHHLYQhgM6kk=";

  @Test
  void renderedConfigurationIsReadAsTheSameValue() {
    for (long seed = 0; seed < 2000; seed++) {
      var config = new RandomConfig(seed).config();
      var parsed = WgQuickText.parse(WgQuickText.render(config));
      assertThat(parsed.config()).as("seed " + seed).isEqualTo(config);
      assertThat(parsed.unknown()).as("seed " + seed).isEmpty();
    }
  }

  @Test
  void namesInAnyCaseListsOnSeveralLinesAndAbsentSpacesAreRead() {
    var parsed =
        WgQuickText.parse(
            """
            [interface]
            privatekey=%s
              ADDRESS = 10.70.0.5/24,fd70::5
            Address = 10.71.0.5

            [PEER]
            PublicKey=%s
            AllowedIPs = 10.70.0.9/16
            AllowedIPs =
            allowedips = fd70::/64, 192.168.2.0/24
            Endpoint = [2001:db8::1]:51820
            PersistentKeepalive = off
            """
                .formatted(PRIVATE_KEY, PUBLIC_KEY));
    assertThat(parsed.config().device().addresses())
        .extracting(AddressWithPrefix::toString)
        .containsExactly("10.70.0.5/24", "fd70::5/128", "10.71.0.5/32");
    assertThat(parsed.config().peers())
        .singleElement()
        .satisfies(peer -> {
          assertThat(peer.allowedIps())
              .extracting(IpPrefix::toString)
              .containsExactly("10.70.0.0/16", "fd70::/64", "192.168.2.0/24");
          assertThat(peer.endpoint()).isEqualTo(new ConfiguredEndpoint("2001:db8::1", 51820));
          assertThat(peer.persistentKeepalive()).isZero();
        });
  }

  @Test
  void commentsKeepTheirPlace() {
    var parsed =
        WgQuickText.parse(
                """
                # the file
                [Interface]
                # the section
                PrivateKey = %s # a key
                # the hook
                PostUp = true

                # the hub
                [Peer]
                PublicKey = %s
                # the end
                """
                    .formatted(PRIVATE_KEY, PUBLIC_KEY))
            .config();
    assertThat(parsed.comments()).containsExactly("the file");
    assertThat(parsed.device().comments()).containsExactly("the section", "a key");
    assertThat(parsed.device().hooks())
        .containsExactly(new Hook(List.of("the hook"), HookPoint.POST_UP, "true"));
    assertThat(parsed.peers().getFirst().comments()).containsExactly("the hub", "the end");
  }

  @Test
  void unknownEntriesAreKeptWithTheirLineAndWithoutTheirValueInTheMessage() {
    var parsed =
        WgQuickText.parse(
            """
            [Interface]
            ListenPort = 51820
            [Peer]
            PublicKey = %s
            Secret = abc
            """
                .formatted(PUBLIC_KEY));
    assertThat(parsed.unknown())
        .containsExactly(
            new UnknownEntry(2, "Interface", "ListenPort", "51820"),
            new UnknownEntry(5, "Peer", "Secret", "abc"));
    assertThat(parsed.unknown().getLast().toString())
        .startsWith("line 5: Secret in [Peer]")
        .doesNotContain("abc");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Address = 10.70.0.5                 | line 1: a value stands above [Interface]",
        "[Peer]                              | line 1: [Interface] comes before [Peer]",
        "[Interface];[Interface]             | line 2: there is a second [Interface]",
        "[Interface];[Host]                  | line 2: '[Host]' is no section",
        "[Interface];hello                   | line 2: this line has no 'key = value'",
        "[Interface];MTU = big               | line 2: 'big' is no number from 0 to 65535",
        "[Interface];Address = host          | line 2: 'host' is not an IP address",
        "[Interface];Address = 10.0.0.1/33   | line 2: 10.0.0.1/33 is no prefix",
        "[Interface];PrivateKey = abc        | line 2: this private key is not",
        "[Interface];[Peer];Endpoint = a     | line 3: 'a' is no endpoint",
        "[Interface];[Peer];Endpoint = ::1:5 | line 3: '::1:5' is no endpoint",
        "[Interface];[Peer];Endpoint = a:b   | line 3: port 'b' is no number",
        "[Interface];[Peer]                  | line 2: this [Peer] has no PublicKey",
        "# nothing                           | there is no [Interface]"
      })
  void faultIsNamedWithItsLine(String text, String message) {
    assertThatThrownBy(() -> WgQuickText.parse(text.replace(';', '\n')))
        .isInstanceOf(InvalidWgQuickException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void messageNeverContainsAKey() {
    var secret = PRIVATE_KEY.substring(1);
    assertThatThrownBy(() -> WgQuickText.parse("[Interface]\nPrivateKey = " + secret))
        .isInstanceOf(InvalidWgQuickException.class)
        .hasMessageNotContaining(secret);
  }

  /** A configuration made from a seed: every field present or absent, lists of any length. */
  private static final class RandomConfig {
    private final Random random;

    RandomConfig(long seed) {
      random = new Random(seed);
    }

    WgQuickConfig config() {
      return new WgQuickConfig(comments(), device(), several(this::peer));
    }

    private WgQuickConfig.Interface device() {
      return new WgQuickConfig.Interface(
          comments(),
          random.nextBoolean() ? PrivateKey.of(bytes(32)) : null,
          several(this::addressWithPrefix),
          several(() -> random.nextBoolean() ? address().toString() : "corp.example.org"),
          random.nextBoolean() ? random.nextInt(576, 9000) : null,
          random.nextBoolean() ? List.of("off", "auto", "7").get(random.nextInt(3)) : null,
          several(this::hook));
    }

    private WgQuickConfig.Peer peer() {
      return new WgQuickConfig.Peer(
          comments(),
          PublicKey.of(bytes(32)),
          random.nextBoolean() ? PresharedKey.of(bytes(32)) : null,
          several(() -> {
            var address = address();
            return IpPrefix.containing(address, random.nextInt(address.family().bits() + 1));
          }),
          random.nextBoolean() ? new ConfiguredEndpoint(host(), random.nextInt(1, 65536)) : null,
          Duration.ofSeconds(random.nextBoolean() ? 0 : random.nextInt(65536)));
    }

    private Hook hook() {
      var points = HookPoint.values();
      return new Hook(
          comments(),
          points[random.nextInt(points.length)],
          List.of("sysctl -w a=1", "nft 'add table inet wiremesh-%i'", "[ -e /x ] || echo 2 > $i")
              .get(random.nextInt(3)));
    }

    private List<String> comments() {
      return several(() ->
          List.of("a word", "", "  indented", "# twice", "[Peer]", "MTU = 1")
              .get(random.nextInt(6)));
    }

    private String host() {
      return random.nextBoolean() ? address().toString() : "vpn.example.org";
    }

    private AddressWithPrefix addressWithPrefix() {
      var address = address();
      return new AddressWithPrefix(address, random.nextInt(address.family().bits() + 1));
    }

    private IpAddress address() {
      return IpAddress.of(bytes(random.nextBoolean() ? 4 : 16));
    }

    private byte[] bytes(int count) {
      var bytes = new byte[count];
      random.nextBytes(bytes);
      return bytes;
    }

    private <T> List<T> several(Supplier<T> one) {
      return IntStream.range(0, random.nextInt(4)).mapToObj(_ -> one.get()).toList();
    }
  }

  @Test
  void endpointPortsAndHostsAreReadAsTheyArePrinted() {
    Stream.of("vpn.example.org:1", "10.0.0.1:65535", "[fd00::1]:51820")
        .forEach(text -> assertThat(ConfiguredEndpoint.parse(text)).hasToString(text));
  }
}
