package dev.wiremesh.wireguard.datapath;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.packet.IcmpEcho;
import dev.wiremesh.wireguard.packet.InnerPacket;
import dev.wiremesh.wireguard.packet.PacketSealer;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.session.Session;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Handles received probes: answers those of peers, measures the round trip of our own from their
 * replies, and passes on the replies to other echo requests. Owned by the receiving thread.
 */
final class ProbeResponder implements AutoCloseable {
  private static final int SLAB_BYTES = 128 * 1024;

  private final DeviceState state;
  private final PacketCipher cipher;
  private final PacketSealer sealer;
  private final Arena arena = Arena.ofShared();
  private final PacketBatch batch = new PacketBatch(arena, 1, SLAB_BYTES);

  ProbeResponder(DeviceState state, CipherBackend backend) {
    this.state = state;
    this.cipher = backend.newCipher();
    this.sealer = new PacketSealer(cipher);
  }

  /**
   * Handles a probe whose source was accepted.
   *
   * @return false if it is for another host and must be forwarded
   */
  boolean takes(Peer peer, MemorySegment slab, int offset, int length, int version, long now) {
    if (IcmpEcho.isRequest(slab, offset, length, version)) {
      return isForUs(slab, offset, version)
          && answer(peer, IcmpEcho.reply(slab, offset, version), now);
    }
    if (IcmpEcho.secret(slab, offset, version) != state.probeSecret) {
      return false;
    }
    long sentNanos = IcmpEcho.sentNanos(slab, offset, version);
    if (peer.path.probes.answered(sentNanos, now)) {
      state.wakeQueue.add(peer);
    } else {
      state.echoReplies.add(new EchoReply(IcmpEcho.source(slab, offset, version), sentNanos, now));
    }
    return true;
  }

  /** True for a probe to an address of this device, or to one that no peer's prefix covers. */
  private boolean isForUs(MemorySegment slab, int offset, int version) {
    return InnerPacket.routeOfDestination(state.routes, slab, offset, version) == null
        || state.ownAddresses.contains(IcmpEcho.destination(slab, offset, version));
  }

  private boolean answer(Peer peer, byte[] reply, long now) {
    Session<Peer> session = peer.keypairs.sending();
    var endpoint = peer.path.endpoint;
    if (session == null || endpoint == null || session.closedForSending(now)) {
      return false;
    }
    long counter = session.takeCounters(1);
    if (counter == -1) {
      return false;
    }
    batch.clear();
    MemorySegment.copy(
        reply, 0, batch.slab(), ValueLayout.JAVA_BYTE, batch.nextOffset(), reply.length);
    batch.add(reply.length);
    sealer.seal(batch, 0, 1, session, counter, state.mtu);
    peer.traffic.sentByReceiver.begin();
    int sent = state.socket.send(batch, 0, 1, endpoint);
    if (sent == 1) {
      peer.traffic.sentByReceiver.add(1, batch.length(0), now);
    } else {
      state.counters.drop(DropReason.SOCKET, 1);
    }
    return true;
  }

  @Override
  public void close() {
    cipher.close();
    arena.close();
  }
}
