package dev.wiremesh.wireguard.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class PeerPathTest {
  private static final int MOVES = 200_000;
  private static final IpAddress REMOTE = IpAddress.parse("192.0.2.2");
  private static final IpAddress LOCAL = IpAddress.parse("192.0.2.1");

  /** The receiving thread moves the endpoint while the control thread forgets its source. */
  @Test
  void forgettingTheSourceNeverUndoesAMove() throws InterruptedException {
    var path = new PeerPath();
    var end = new AtomicBoolean();
    var control =
        Thread.ofPlatform()
            .start(() -> {
              while (!end.get()) {
                path.forgetSource();
              }
            });
    try {
      for (int i = 0; i < MOVES; i++) {
        var moved = new UdpEndpoint(REMOTE, 1 + i % 60_000, 0, LOCAL, 1);
        path.endpoint = moved;
        Thread.onSpinWait();
        assertThat(path.endpoint).matches(moved::sameDestination, "where it was last heard from");
      }
    } finally {
      end.set(true);
      control.join();
    }
  }
}
