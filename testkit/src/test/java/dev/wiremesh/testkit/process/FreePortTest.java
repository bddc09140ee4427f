package dev.wiremesh.testkit.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

final class FreePortTest {
  @Test
  void portIsFreeDifferentEachTimeAndNoneOfOutgoingConnections() throws IOException {
    var range = Files.readString(Path.of("/proc/sys/net/ipv4/ip_local_port_range")).strip();
    int firstOutgoing = Integer.parseInt(range.split("\\s+")[0]);
    var ports = new HashSet<Integer>();
    for (int i = 0; i < 20; i++) {
      int port = FreePort.choose();
      assertThat(ports.add(port)).isTrue();
      assertThat(port).isLessThan(Math.max(firstOutgoing, 32_768));
      try (var server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        assertThat(server.isBound()).isTrue();
      }
    }
  }
}
