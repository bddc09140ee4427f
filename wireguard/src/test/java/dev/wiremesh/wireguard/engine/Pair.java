package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.time.Duration;
import java.util.List;

/** Alice and Bob in a world of their own; Alice knows where Bob is. */
final class Pair {
  static final String ALICE = "10.0.0.1";
  static final String BOB = "10.0.0.2";

  final World world;
  final MemoryHost alice;
  final MemoryHost bob;

  Pair(World world, ProtocolLimits limits) {
    this.world = world;
    alice = world.host("alice", "192.0.2.1", limits);
    bob = world.host("bob", "192.0.2.2", limits);
    alice.connectTo(bob, ALICE + "/32", BOB + "/32");
  }

  Pair() {
    this(new World(), ProtocolLimits.STANDARD);
  }

  /** Alice sends a numbered packet to Bob. */
  void ping(int number) {
    alice.tun.send(Packets.packet(ALICE, BOB, number));
    world.settle();
  }

  /** Bob sends a numbered packet to Alice. */
  void pong(int number) {
    bob.tun.send(Packets.packet(BOB, ALICE, number));
    world.settle();
  }

  /** A session is there, and nothing is under way. */
  Pair connected() {
    ping(0);
    run(1);
    bob.tun.received();
    world.network.sent();
    return this;
  }

  void run(double seconds) {
    world.run(Duration.ofNanos((long) (seconds * 1e9)));
  }

  int[] bobReceived() {
    return Packets.numbers(bob.tun.received());
  }

  int[] aliceReceived() {
    return Packets.numbers(alice.tun.received());
  }

  /** The messages on the wire since the last call of this method. */
  List<Datagram> sent() {
    return world.network.sent();
  }

  static boolean isFrom(MemoryHost host, Datagram datagram) {
    return datagram.from().host().equals(host.address);
  }

  static boolean isInitiation(Datagram datagram) {
    return datagram.type() == MessageType.INITIATION;
  }

  static boolean isHandshake(Datagram datagram) {
    return datagram.type() != MessageType.DATA;
  }

  static boolean isKeepalive(Datagram datagram) {
    return datagram.type() == MessageType.DATA && datagram.payload().length == 32;
  }
}
