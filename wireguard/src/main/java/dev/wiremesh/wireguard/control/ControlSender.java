package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.Probe;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.packet.IcmpEcho;
import dev.wiremesh.wireguard.packet.PacketSealer;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.StagedPackets;
import dev.wiremesh.wireguard.session.Session;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What is sent beside the packets' own path: handshake messages, keepalives, and the packets that
 * waited for a session. Guarded by the control lock.
 */
public final class ControlSender implements AutoCloseable {
  private static final int SLAB_BYTES = 256 * 1024;

  /** Handshake messages are marked AF41, as the kernel does: few, and much depends on them. */
  static final int HANDSHAKE_TRAFFIC_CLASS = 0x88;

  private final DeviceState shared;
  private final PacketCipher cipher;
  private final PacketSealer sealer;
  private final Arena arena = Arena.ofShared();
  private final PacketBatch batch = new PacketBatch(arena, StagedPackets.CAPACITY, SLAB_BYTES);

  public ControlSender(DeviceState shared, CipherBackend backend) {
    this.shared = shared;
    this.cipher = backend.newCipher();
    this.sealer = new PacketSealer(cipher);
  }

  /** Sends a handshake message to a peer, which counts as traffic. */
  void toPeer(Peer peer, byte[] message, long now) {
    Endpoint endpoint = peer.endpoint;
    if (endpoint == null) {
      return;
    }
    peer.sentByControl.begin();
    if (to(endpoint, message, HANDSHAKE_TRAFFIC_CLASS)) {
      peer.sentByControl.add(1, message.length, now);
    }
  }

  /**
   * Sends a message to somebody who need not be a peer.
   *
   * @param trafficClass of the outer header
   * @return false if the socket did not take it
   */
  boolean to(Endpoint endpoint, byte[] message, int trafficClass) {
    batch.clear();
    append(message);
    batch.setTrafficClass(0, trafficClass);
    boolean sent = shared.link.send(batch, 0, 1, endpoint) == 1;
    if (!sent) {
      shared.counters.drop(DropReason.SOCKET, 1);
    }
    return sent;
  }

  /**
   * Sends an empty data message.
   *
   * @return false if there is no session to send it by
   */
  boolean keepalive(Peer peer, long now) {
    batch.clear();
    batch.add(0);
    return sealAndSend(peer, now);
  }

  /** Asks the peer for a round trip; without a session nothing happens. */
  void probe(Peer peer, Probe probe, long now) {
    batch.clear();
    append(IcmpEcho.request(probe.from(), probe.to(), shared.probeSecret, now));
    sealAndSend(peer, now);
  }

  /**
   * Sends what waited for a session, unless the sending thread is just doing that. What is added
   * meanwhile need not go too: whoever adds it asks for attention, or sends it.
   *
   * @return how many packets were sent; those that could not be wait on
   */
  int staged(Peer peer, long now) {
    if (!peer.canSend(now) || !peer.staged.tryTakeTurn()) {
      return 0;
    }
    try {
      int sent = 0;
      while (sent < StagedPackets.CAPACITY && peer.staged.take(batch) > 0) {
        int count = batch.count();
        sent += count;
        peer.stagedSent.note(now, peer.heard());
        if (!sealAndSend(peer, now)) {
          shared.counters.drop(DropReason.HANDSHAKE_FAILED, count);
        }
      }
      return sent;
    } finally {
      peer.staged.endTurn();
    }
  }

  private boolean sealAndSend(Peer peer, long now) {
    Session<Peer> session = peer.sendingSession();
    Endpoint endpoint = peer.endpoint;
    if (session == null || endpoint == null || session.closedForSending(now)) {
      return false;
    }
    int count = batch.count();
    long firstCounter = session.takeCounters(count);
    if (firstCounter == -1) {
      return false;
    }
    sealer.seal(batch, 0, count, session, firstCounter, shared.mtu);
    peer.sentByControl.begin();
    int sent = shared.link.send(batch, 0, count, endpoint);
    long bytes = 0;
    for (int i = 0; i < sent; i++) {
      bytes += batch.length(i);
    }
    if (sent < count) {
      shared.counters.drop(DropReason.SOCKET, count - sent);
    }
    peer.sentByControl.add(sent, bytes, now);
    if (session.worthRenewingAfterSending(now)) {
      peer.renewalWanted.set(true);
    }
    return true;
  }

  private void append(byte[] packet) {
    MemorySegment.copy(
        packet, 0, batch.slab(), ValueLayout.JAVA_BYTE, batch.nextOffset(), packet.length);
    batch.add(packet.length);
  }

  @Override
  public void close() {
    cipher.close();
    arena.close();
  }
}
