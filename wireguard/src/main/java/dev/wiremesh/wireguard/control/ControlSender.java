package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.EchoRequest;
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
 * Sends handshake messages, keepalives, probes and staged packets. Guarded by the control lock;
 * packets of the TUN go through {@code datapath.OutboundPath}.
 */
public final class ControlSender implements AutoCloseable {
  private static final int SLAB_BYTES = 256 * 1024;

  /** DSCP AF41, as in the kernel: handshake messages are few and important. */
  static final int HANDSHAKE_TRAFFIC_CLASS = 0x88;

  private final DeviceState state;
  private final PacketCipher cipher;
  private final PacketSealer sealer;
  private final Arena arena = Arena.ofShared();
  private final PacketBatch batch = new PacketBatch(arena, StagedPackets.CAPACITY, SLAB_BYTES);

  public ControlSender(DeviceState state, CipherBackend backend) {
    this.state = state;
    this.cipher = backend.newCipher();
    this.sealer = new PacketSealer(cipher);
  }

  /** Sends a handshake message to a peer, which counts as traffic. */
  void toPeer(Peer peer, byte[] message, long now) {
    Endpoint endpoint = peer.path.endpoint;
    if (endpoint != null) {
      toPeer(peer, endpoint, message, now);
    }
  }

  /** Sends a handshake message to a peer at an endpoint that need not be the peer's current one. */
  void toPeer(Peer peer, Endpoint endpoint, byte[] message, long now) {
    peer.traffic.sentByControl.begin();
    if (to(endpoint, message, HANDSHAKE_TRAFFIC_CLASS)) {
      peer.traffic.sentByControl.add(1, message.length, now);
    }
  }

  /**
   * Sends a message to an endpoint that need not be a peer's.
   *
   * @param trafficClass of the outer header
   * @return false if the socket did not take it
   */
  boolean to(Endpoint endpoint, byte[] message, int trafficClass) {
    batch.clear();
    append(message);
    batch.setTrafficClass(0, trafficClass);
    boolean sent = state.socket.send(batch, 0, 1, endpoint) == 1;
    if (!sent) {
      state.counters.drop(DropReason.SOCKET, 1);
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

  /** Sends a probe; does nothing without a session. */
  void probe(Peer peer, Probe probe, long now) {
    batch.clear();
    append(IcmpEcho.request(probe.from(), probe.to(), state.probeSecret, now));
    sealAndSend(peer, now);
  }

  /** Sends an echo request; does nothing without a session. */
  public void echo(Peer peer, EchoRequest request, long now) {
    batch.clear();
    append(
        IcmpEcho.request(
            request.from(),
            request.to(),
            state.probeSecret,
            request.token(),
            request.lengthBytes()));
    sealAndSend(peer, now);
  }

  /**
   * Sends the staged packets, unless the sending thread is doing so. Packets staged meanwhile may
   * be left: the thread that stages them wakes the control thread, or sends them itself.
   *
   * @return number of packets sent; the others stay staged
   */
  int staged(Peer peer, long now) {
    if (!peer.canSend(now) || !peer.staged.tryAcquireTurn()) {
      return 0;
    }
    try {
      int sent = 0;
      while (sent < StagedPackets.CAPACITY && peer.staged.take(batch) > 0) {
        int count = batch.count();
        sent += count;
        peer.timers.stagedSent.note(now, peer.receivedFromHost());
        if (!sealAndSend(peer, now)) {
          state.counters.drop(DropReason.HANDSHAKE_FAILED, count);
        }
      }
      return sent;
    } finally {
      peer.staged.endTurn();
    }
  }

  private boolean sealAndSend(Peer peer, long now) {
    Session<Peer> session = peer.keypairs.sending();
    Endpoint endpoint = peer.path.endpoint;
    if (session == null || endpoint == null || session.closedForSending(now)) {
      return false;
    }
    int count = batch.count();
    long firstCounter = session.takeCounters(count);
    if (firstCounter == -1) {
      return false;
    }
    sealer.seal(batch, 0, count, session, firstCounter, state.mtu);
    peer.traffic.sentByControl.begin();
    int sent = state.socket.send(batch, 0, count, endpoint);
    long bytes = 0;
    for (int i = 0; i < sent; i++) {
      bytes += batch.length(i);
    }
    if (sent < count) {
      state.counters.drop(DropReason.SOCKET, count - sent);
    }
    peer.traffic.sentByControl.add(sent, bytes, now);
    if (session.worthRenewingAfterSending(now)) {
      peer.requests.renewal.set(true);
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
