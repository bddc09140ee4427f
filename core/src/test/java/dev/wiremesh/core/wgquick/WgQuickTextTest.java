package dev.wiremesh.core.wgquick;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;

class WgQuickTextTest {
  private static final String PRIVATE_KEY = "WMc9YfRhdm8cC5TQKoM/2mMTSXYPVYCF6n/gQLCr0lo=";
  private static final String PUBLIC_KEY = "2S7mA0vEMethCNQrJpJKE81/JmhgtB+tHHLYQhgM6kk=";
  private static final String PRESHARED_KEY = "UGkYZEWnl78OMQdBjlUAwnY+P5cNssoH+SNguN2zXZY=";

  private static final WgQuickConfig FULL =
      new WgQuickConfig(
          List.of("an office router"),
          new WgQuickConfig.Interface(
              List.of("made by hand"),
              PrivateKey.parse(PRIVATE_KEY),
              List.of(
                  new AddressWithPrefix(IpAddress.parse("10.70.0.5"), 24),
                  AddressWithPrefix.single(IpAddress.parse("fd70::5"))),
              List.of("10.70.0.1", "corp.example.org"),
              1280,
              "off",
              List.of(
                  new Hook(List.of("forward"), HookPoint.PRE_UP, "sysctl -w a=1"),
                  new Hook(List.of(), HookPoint.POST_DOWN, "ip link del %i"))),
          List.of(
              new WgQuickConfig.Peer(
                  List.of("the gateways"),
                  PublicKey.parse(PUBLIC_KEY),
                  PresharedKey.parse(PRESHARED_KEY),
                  List.of(IpPrefix.parse("10.70.0.0/16"), IpPrefix.parse("fd70::/64")),
                  new ConfiguredEndpoint("2001:db8::1", 51820),
                  Duration.ofSeconds(25)),
              new WgQuickConfig.Peer(
                  List.of(),
                  PublicKey.parse(PUBLIC_KEY),
                  null,
                  List.of(IpPrefix.parse("10.71.0.0/16")),
                  null,
                  Duration.ZERO)));

  @Test
  void eachValueAndCommentHasItsLine() {
    assertThat(WgQuickText.render(FULL))
        .isEqualTo(
            """
            # an office router
            [Interface]
            # made by hand
            PrivateKey = WMc9YfRhdm8cC5TQKoM/2mMTSXYPVYCF6n/gQLCr0lo=
            Address = 10.70.0.5/24, fd70::5/128
            DNS = 10.70.0.1, corp.example.org
            MTU = 1280
            Table = off
            # forward
            PreUp = sysctl -w a=1
            PostDown = ip link del %i

            [Peer]
            # the gateways
            PublicKey = 2S7mA0vEMethCNQrJpJKE81/JmhgtB+tHHLYQhgM6kk=
            PresharedKey = UGkYZEWnl78OMQdBjlUAwnY+P5cNssoH+SNguN2zXZY=
            AllowedIPs = 10.70.0.0/16, fd70::/64
            Endpoint = [2001:db8::1]:51820
            PersistentKeepalive = 25

            [Peer]
            PublicKey = 2S7mA0vEMethCNQrJpJKE81/JmhgtB+tHHLYQhgM6kk=
            AllowedIPs = 10.71.0.0/16
            """);
  }

  @Test
  void unknownPrivateKeyIsAPlaceholderAndAbsentValuesHaveNoLine() {
    var device =
        new WgQuickConfig.Interface(
            List.of(),
            null,
            List.of(AddressWithPrefix.single(IpAddress.parse("10.70.0.5"))),
            List.of(),
            null,
            null,
            List.of());
    assertThat(WgQuickText.render(new WgQuickConfig(List.of(), device, List.of())))
        .isEqualTo(
            """
            [Interface]
            PrivateKey = PUT-THE-PRIVATE-KEY-HERE
            Address = 10.70.0.5/32
            """);
  }

  @Test
  void emptyListHasNoLine() {
    var device =
        new WgQuickConfig.Interface(List.of(), null, List.of(), List.of(), null, null, List.of());
    var peer =
        new WgQuickConfig.Peer(
            List.of(), PublicKey.parse(PUBLIC_KEY), null, List.of(), null, Duration.ZERO);
    assertThat(WgQuickText.render(new WgQuickConfig(List.of(), device, List.of(peer))))
        .isEqualTo(
            """
            [Interface]
            PrivateKey = PUT-THE-PRIVATE-KEY-HERE

            [Peer]
            PublicKey = 2S7mA0vEMethCNQrJpJKE81/JmhgtB+tHHLYQhgM6kk=
            """);
  }

  @Test
  void keysAreNotPrinted() {
    assertThat(FULL.toString()).doesNotContain(PRIVATE_KEY, PRESHARED_KEY);
  }
}
