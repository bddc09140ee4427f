package dev.wiremesh.agent.host.sysctl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.host.sysctl.NodeSettings.Setting;
import dev.wiremesh.agent.host.sysctl.NodeSettings.Use;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NodeSettingsTest {
  private static final Use PLAIN = new Use("home", "wg-home", false, false);
  private static final Use GATEWAY = new Use("home", "wg-home", true, true);

  private final Path root;
  private final NodeSettings settings;

  NodeSettingsTest(@TempDir Path root) throws IOException {
    this.root = root;
    settings = new NodeSettings(root);
    set("proc/sys/net/core/rmem_max", "212992");
    set("proc/sys/net/core/wmem_max", "212992");
    set("proc/sys/net/ipv4/ip_forward", "1");
    for (var name : List.of("all", "lo", "eth0", "wg-home")) {
      set("proc/sys/net/ipv4/conf/" + name + "/rp_filter", "0");
    }
    set("sys/class/net/wg-home/tx_queue_len", "2000");
    set("proc/self/uid_map", "         0          0 4294967295");
    set("proc/self/status", "Name:\tjava\nCapEff:\t0000000000001000");
  }

  @Test
  void nodeOfAPrivilegedAgentNeedsNothing() {
    assertThat(check(GATEWAY)).isEmpty();
    assertThat(advised()).isEmpty();
  }

  @Test
  void bufferLimitsCountForAnAgentThatMayNotExceedThem() throws IOException {
    set("proc/self/uid_map", "         0     100000      65536");
    assertThat(check(PLAIN))
        .containsExactly(
            "The sysctl net.core.rmem_max is 212992 and the agent may not exceed it: set it to"
                + " 7340032, or bursts are lost.",
            "The sysctl net.core.wmem_max is 212992 and the agent may not exceed it: set it to"
                + " 7340032, or bursts are lost.");
    assertThat(advised()).containsExactly(Setting.RECEIVE_BUFFER, Setting.SEND_BUFFER);
    set("proc/self/uid_map", "         0          0 4294967295");
    set("proc/self/status", "CapEff:\t0000000000000000");
    assertThat(check(PLAIN)).hasSize(2);
    set("proc/sys/net/core/rmem_max", "8388608");
    set("proc/sys/net/core/wmem_max", "8388608");
    assertThat(check(PLAIN)).isEmpty();
    assertThat(advised()).isEmpty();
  }

  @Test
  void forwardingCountsForAGatewayOfTheNodesNetworks() throws IOException {
    set("proc/sys/net/ipv4/ip_forward", "0");
    assertThat(check(PLAIN)).isEmpty();
    assertThat(check(GATEWAY)).singleElement().asString().contains("net.ipv4.ip_forward is 0");
  }

  @Test
  void strictReversePathFilterCountsWithRoutesOfPeers() throws IOException {
    set("proc/sys/net/ipv4/conf/eth0/rp_filter", "1");
    assertThat(check(PLAIN)).isEmpty();
    assertThat(check(GATEWAY))
        .containsExactly(
            "The reverse path filter of eth0 is strict: set the sysctl"
                + " net.ipv4.conf.eth0.rp_filter to 2, or tunnel packets from addresses behind a"
                + " Peer's route are lost.");
    settings.forget("home");
    assertThat(advised()).isEmpty();
  }

  @Test
  void shortQueueIsNamed() throws IOException {
    set("sys/class/net/wg-home/tx_queue_len", "100");
    assertThat(check(PLAIN))
        .containsExactly(
            "The queue of wg-home has 100 packets: ip link set wg-home txqueuelen 2000, or bursts"
                + " are lost.");
  }

  @Test
  void unreadableSettingsSayNothing() {
    assertThat(new NodeSettings(root.resolve("absent")).check(GATEWAY, List.of("eth0"))).isEmpty();
  }

  private List<String> check(Use use) {
    return settings.check(use, List.of("eth0"));
  }

  private List<Setting> advised() {
    return Stream.of(Setting.values()).filter(settings::isAdvised).toList();
  }

  private void set(String file, String value) throws IOException {
    var path = root.resolve(file);
    Files.createDirectories(path.resolveSibling("."));
    Files.writeString(path, value + "\n");
  }
}
