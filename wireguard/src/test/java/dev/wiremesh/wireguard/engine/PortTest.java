package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.crypto.JdkCipherBackend;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.io.memory.MemoryNetwork;
import dev.wiremesh.wireguard.io.memory.MemoryTun;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.io.IOException;
import java.net.BindException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The UDP port of a device, and port conflicts. */
class PortTest {
  private static final int PORT = 51_820;
  private static final IpAddress OURS = IpAddress.parse("192.0.2.1");

  private static final UdpEndpoint STICKY =
      new UdpEndpoint(IpAddress.parse("192.0.2.9"), 1, 0, OURS, 3);
  private static final PublicKey PEER = PrivateKey.generate(new SecureRandom()).publicKey();

  private final MemoryNetwork network = new MemoryNetwork(() -> 0, 1);
  private final MemoryTun tun = new MemoryTun("wg0");
  private boolean taken;
  private long nanos;

  @AutoClose
  private final UserSpaceDevice device =
      new UserSpaceDevice(
          new DeviceParts(
              tun,
              this::open,
              new JdkCipherBackend(),
              new DeviceClocks(() -> nanos, InstantSource.system()),
              new Random(1),
              _ -> {},
              () -> {}),
          ProtocolLimits.STANDARD);

  private Bind open(int port, int mark) throws IOException {
    if (taken) {
      throw new BindException("taken");
    }
    return network.host(OURS).open(port, mark);
  }

  @BeforeEach
  void down() throws IOException {
    tun.setUp(false);
    device.setListenPort(PORT);
  }

  @Test
  void anInterfaceThatComesUpWhileItsPortIsTakenGetsItWhenItIsFree() {
    taken = true;
    tun.setUp(true);
    assertThat(device.bind()).isNull();
    for (int i = 0; i < 3; i++) {
      work(TimeUnit.NANOSECONDS.toMillis(device.controlIdleNanos()));
      assertThat(device.bind()).isNull();
    }
    assertThat(device.controlIdleNanos()).isBetween(1L, Duration.ofSeconds(1).toNanos());
    taken = false;
    work(1000);
    assertThat(Objects.requireNonNull(device.bind()).port()).isEqualTo(PORT);
  }

  @Test
  void anInterfaceThatWentDownAgainWantsItNoMore() {
    taken = true;
    tun.setUp(true);
    tun.setUp(false);
    taken = false;
    work(1000);
    assertThat(device.bind()).isNull();
  }

  @Test
  void aPortThatIsTakenLeavesTheOldOne() throws IOException {
    tun.setUp(true);
    taken = true;
    assertThatThrownBy(() -> device.setListenPort(PORT + 1)).isInstanceOf(BindException.class);
    assertThat(Objects.requireNonNull(device.bind()).port()).isEqualTo(PORT);
    assertThat(device.snapshot().listenPort()).isEqualTo(PORT);
  }

  /** As the kernel does, here and with marks: the way may be another one. */
  @Test
  void anotherPortForgetsWhereAnswersLeftFrom() throws IOException {
    tun.setUp(true);
    learn(STICKY);
    device.setListenPort(PORT);
    assertThat(endpoint()).as("the same port").isEqualTo(STICKY);
    device.setListenPort(PORT + 1);
    assertThat(endpoint()).as("another port").isEqualTo(STICKY.withoutSource());
  }

  @Test
  void anotherMarkForgetsWhereAnswersLeftFrom() throws IOException {
    tun.setUp(true);
    learn(STICKY);
    device.setMark(0);
    assertThat(endpoint()).as("the same mark").isEqualTo(STICKY);
    device.setMark(7);
    assertThat(endpoint()).as("another mark").isEqualTo(STICKY.withoutSource());
  }

  @Test
  void theSameEndpointOnceMoreForgetsWhereAnswersLeftFrom() {
    tun.setUp(true);
    learn(STICKY);
    learn(STICKY.withoutSource());
    assertThat(endpoint()).isEqualTo(STICKY.withoutSource());
  }

  private void learn(UdpEndpoint endpoint) {
    device.changePeer(PeerUpdate.of(PEER).endpoint(endpoint).build());
  }

  private @Nullable Endpoint endpoint() {
    return device.snapshot().peers().getFirst().connection().endpoint();
  }

  private void work(long afterMillis) {
    nanos += TimeUnit.MILLISECONDS.toNanos(afterMillis);
    device.controlWork();
  }
}
