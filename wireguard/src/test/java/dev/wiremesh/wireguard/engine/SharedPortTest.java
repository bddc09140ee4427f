package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** STUN on the UDP port of a device, beside WireGuard. */
class SharedPortTest {
  private static final int MAGIC_COOKIE = 0x2112a442;
  private static final int BINDING_REQUEST = 0x0001;
  private static final int BINDING_SUCCESS = 0x0101;

  private final List<Endpoint> stunFrom = new ArrayList<>();
  private final World world = new World();
  private final MemoryHost alice =
      world.host("alice", "192.0.2.1", ProtocolLimits.STANDARD, List.of(this::takeStun));
  private final MemoryHost bob = world.host("bob", "192.0.2.2");
  private final Datagram.Address server =
      new Datagram.Address(world.host("server", "192.0.2.3").address, 3478);

  @Test
  void stunMessageGoesToItsHandlerWhileWireGuardTrafficFlows() {
    alice.connectTo(bob, Pair.ALICE + "/32", Pair.BOB + "/32");
    for (int i = 0; i < 3; i++) {
      alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, i));
      world.settle();
      bob.tun.send(Packets.packet(Pair.BOB, Pair.ALICE, i));
      inject(stun(BINDING_SUCCESS));
      bob.send(); // so that its datagram stands between the others in one batch
      inject(stun(BINDING_REQUEST));
      world.settle();
    }
    assertThat(bob.tun.received()).hasSize(3);
    assertThat(alice.tun.received()).hasSize(3);
    assertThat(stunFrom).hasSize(6).allMatch(from -> from.toString().equals("192.0.2.3:3478"));
    assertThat(alice.dropped(DropReason.MALFORMED)).isZero();
  }

  @Test
  void datagramOfAnUnknownProtocolIsCountedAsMalformed() {
    inject(new byte[] {(byte) 0xff, 0, 0, 0, 0, 0, 0, 0});
    inject(new byte[] {1});
    inject(new byte[0]);
    world.settle();
    assertThat(stunFrom).isEmpty();
    assertThat(alice.dropped(DropReason.MALFORMED)).isEqualTo(3);
  }

  @Test
  void stunMessageWithoutAHandlerIsCountedAsMalformed() {
    var to = new Datagram.Address(bob.address, MemoryHost.PORT);
    world.network.inject(new Datagram(server, to, stun(BINDING_SUCCESS)));
    world.settle();
    assertThat(bob.dropped(DropReason.MALFORMED)).isEqualTo(1);
  }

  @Test
  void handlerOutlivesAChangeOfThePort() {
    alice.listenOn(40404);
    var to = new Datagram.Address(alice.address, 40404);
    world.network.inject(new Datagram(server, to, stun(BINDING_SUCCESS)));
    world.settle();
    assertThat(stunFrom).hasSize(1);
  }

  /** A message without attributes; the first byte of a success response is an initiation's, 1. */
  private static byte[] stun(int type) {
    return ByteBuffer.allocate(20)
        .putShort((short) type)
        .putShort((short) 0)
        .putInt(MAGIC_COOKIE)
        .array();
  }

  private void inject(byte[] payload) {
    var to = new Datagram.Address(alice.address, MemoryHost.PORT);
    world.network.inject(new Datagram(server, to, payload));
  }

  private boolean takeStun(PacketBatch batch, int i) {
    var cookie = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    if (batch.length(i) < 20 || batch.slab().get(cookie, batch.offset(i) + 4L) != MAGIC_COOKIE) {
      return false;
    }
    stunFrom.add(batch.endpoint(i));
    return true;
  }
}
