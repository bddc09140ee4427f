package dev.wiremesh.cli.conf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.SiteRouterScript;
import dev.wiremesh.core.wgquick.WgQuickText;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientDeviceTest {
  private static final List<SiteRoute> MASQUERADED =
      List.of(SiteRoute.of(IpPrefix.parse("192.168.4.0/24"), true));

  @Test
  void commandThatNoFormatExpressesIsListedInBoth() {
    var device = device("PostUp = logger %i is up", MASQUERADED);
    assertThat(device.otherCommands()).containsExactly("PostUp: logger wg-home is up");
    assertThat(NetworkdFiles.of(device).network()).contains("#   PostUp: logger wg-home is up\n");
    assertThat(OpenWrtScript.of(device)).contains("#   PostUp: logger wg-home is up\n");
  }

  @Test
  void forwardingOfTheRoutesIsNoOtherCommand() {
    for (var hook : SiteRouterScript.hooks(MASQUERADED)) {
      var line = hook.point().keyword() + " = " + hook.command();
      assertThat(device(line, MASQUERADED).otherCommands()).isEmpty();
    }
  }

  @Test
  void masqueradingReachesTheSourcesOfAllAllowedIps() {
    var device = device("MTU = 1280", MASQUERADED);
    var network = NetworkdFiles.of(device).network();
    assertThat(network)
        .contains("Address=10.70.0.5/16\n", "IPMasquerade=ipv4\n", "packets from 192.168.2.0/24.\n")
        .contains("ip daddr 192.168.4.0/24");
    assertThat(OpenWrtScript.of(device))
        .contains(".src_ip='10.70.0.0/16'\n", ".src_ip='192.168.2.0/24'\n")
        .contains(".dest_ip='192.168.4.0/24'\n");
  }

  @Test
  void networkdMasqueradesNothingWhereOneRouteWantsTrueSources() {
    var routes =
        List.of(MASQUERADED.getFirst(), SiteRoute.of(IpPrefix.parse("10.9.0.0/16"), false));
    assertThat(NetworkdFiles.of(device("MTU = 1280", routes)).network())
        .doesNotContain("IPMasquerade=ipv4")
        .contains("Address=10.70.0.5/32\n", "packets from 10.70.0.0/16, 192.168.2.0/24.\n");
  }

  @Test
  void nameOfAnOpenWrtInterfaceHasNoHyphenAndItsZoneElevenCharacters() {
    var config = WgQuickText.parse("[Interface]\nAddress = 10.70.0.5\n").config();
    assertThat(OpenWrtScript.of(new ClientDevice("wg-long-network", config, List.of())))
        .contains("uci set network.wg_long_network=interface\n")
        .contains("uci set firewall.wg_long_network.name='wg_long_net'\n");
  }

  @ParameterizedTest
  @CsvSource({
    "home, wg-home",
    "a-network-with-a-long-name, wg-a-network-wi",
    "ends-with-a-hyphen, wg-ends-with-a",
  })
  void interfaceIsNamedByTheNetworkInFifteenCharacters(String network, String name) {
    assertThat(ConfCommand.interfaceOf(network)).isEqualTo(name);
  }

  private static ClientDevice device(String line, List<SiteRoute> routes) {
    var config =
        WgQuickText.parse(
                """
                [Interface]
                Address = 10.70.0.5
                %s
                [Peer]
                PublicKey = 2S7mA0vEMethCNQrJpJKE81/JmhgtB+tHHLYQhgM6kk=
                AllowedIPs = 10.70.0.0/16, 192.168.2.0/24
                """
                    .formatted(line))
            .config();
    return new ClientDevice("wg-home", config, routes);
  }
}
