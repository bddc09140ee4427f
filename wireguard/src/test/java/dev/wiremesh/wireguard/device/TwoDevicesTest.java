package dev.wiremesh.wireguard.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TwoDevicesTest {
  @Test
  void firstPacketBringsTheSessionUpAndArrives() {
    var world = new World();
    var alice = world.host("alice", "192.0.2.1");
    var bob = world.host("bob", "192.0.2.2");
    alice.connectTo(bob, "10.0.0.1/32", "10.0.0.2/32");

    byte[] ping = Packets.packet("10.0.0.1", "10.0.0.2", 7, 33);
    alice.tun.send(ping);
    world.run(Duration.ofSeconds(1));

    assertThat(bob.tun.received()).containsExactly(ping);
    assertThat(alice.completed).hasSize(1);
    assertThat(bob.completed).hasSize(1);
  }
}
