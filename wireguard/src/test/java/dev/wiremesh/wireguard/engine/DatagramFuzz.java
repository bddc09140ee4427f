package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.noise.Blake2s;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Fuzz target: what comes from the network. The first byte says how the others get there: as a
 * datagram as they are; as a handshake message whose MAC1 is good; or inside the tunnel, as a
 * packet that a peer has sealed.
 */
public final class DatagramFuzz {
  private static final int RAW = 0;
  private static final int INITIATION = 1;
  private static final int RESPONSE = 2;
  private static final int COOKIE = 3;
  private static final int MODES = 6;

  private static final Pair PAIR = pair();

  private DatagramFuzz() {}

  private static Pair pair() {
    var pair = new Pair();
    pair.alice.device.changePeer(
        pair.alice.peer(pair.bob, "0.0.0.0/0", "::/0").endpoint(pair.bob.endpoint()).build());
    pair.bob.device.changePeer(pair.bob.peer(pair.alice, "0.0.0.0/0", "::/0").build());
    return pair.connected();
  }

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 2) {
      return;
    }
    byte[] data = Arrays.copyOfRange(input, 1, input.length);
    switch (Math.floorMod(input[0], MODES)) {
      case RAW -> fromNowhere(data);
      case INITIATION -> fromNowhere(handshake(data, 1, MessageType.INITIATION_LENGTH));
      case RESPONSE -> fromNowhere(handshake(data, 2, MessageType.RESPONSE_LENGTH));
      case COOKIE -> fromNowhere(handshake(data, 3, MessageType.COOKIE_REPLY_LENGTH));
      default -> throughTheTunnel(data, input[0]);
    }
  }

  private static void fromNowhere(byte[] datagram) {
    var from = new Datagram.Address(PAIR.alice.address, 7);
    var to = new Datagram.Address(PAIR.bob.address, MemoryHost.PORT);
    PAIR.sent();
    PAIR.world.network.inject(new Datagram(from, to, datagram));
    PAIR.world.settle();
    if (!PAIR.bob.tun.received().isEmpty() || !PAIR.sent().isEmpty()) {
      throw new AssertionError("a datagram without a key was accepted");
    }
  }

  private static byte[] handshake(byte[] data, int type, int length) {
    byte[] message = Arrays.copyOf(data, length);
    ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).putInt(type);
    if (type != COOKIE) {
      byte[] key =
          Blake2s.hash(
              "mac1----".getBytes(StandardCharsets.US_ASCII), PAIR.bob.publicKey().toBytes());
      byte[] mac = Blake2s.macOfPrefix(key, message, length - 32);
      System.arraycopy(mac, 0, message, length - 32, mac.length);
    }
    return message;
  }

  private static void throughTheTunnel(byte[] packet, byte mode) {
    packet[0] = (byte) (packet[0] & 0x0f | ((mode & 8) == 0 ? 0x40 : 0x60));
    PAIR.alice.tun.send(packet);
    PAIR.world.settle();
    for (byte[] received : PAIR.bob.tun.received()) {
      if (received.length > packet.length + 15) { // padding
        throw new AssertionError("more came out than went in");
      }
    }
    PAIR.alice.tun.received();
    PAIR.sent();
  }
}
