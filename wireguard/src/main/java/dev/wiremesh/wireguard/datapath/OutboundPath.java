package dev.wiremesh.wireguard.datapath;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.TunDevice;
import dev.wiremesh.wireguard.packet.Ecn;
import dev.wiremesh.wireguard.packet.IcmpUnreachable;
import dev.wiremesh.wireguard.packet.InnerPacket;
import dev.wiremesh.wireguard.packet.PacketSealer;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.StagedPackets;
import dev.wiremesh.wireguard.session.Session;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The outbound path of a packet, from TUN to UDP, run completely by the sending thread, which owns
 * it:
 *
 * <ol>
 *   <li>Read a batch from the TUN.
 *   <li>Find each packet's peer: longest prefix match of its destination. Without a peer it is
 *       dropped, and its sender gets an ICMP error. Our own datagram to that peer, which the routes
 *       have led back into the tunnel, is dropped too.
 *   <li>Go through the batch in runs of packets to the same peer.
 *   <li>Without a session that may send, stage the run and request a handshake from the control
 *       thread. Staged packets go before the run; while the control thread is sending them, the run
 *       is staged behind them.
 *   <li>Take a counter for each packet; pad and seal in place; write the headers.
 *   <li>Send the run to the peer's endpoint.
 *   <li>Record the sending for the timers; request a new session when this one is getting old.
 * </ol>
 */
public final class OutboundPath implements AutoCloseable {
  private static final int BATCH_CAPACITY = 128;
  private static final int SLAB_BYTES = 512 * 1024;
  private static final int WAITED_SLAB_BYTES = 256 * 1024;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * Interval of repeated requests for a new session: each one restarts the limit after which the
   * handshake is given up.
   */
  private static final long RENEWAL_REMINDER_NANOS = Duration.ofSeconds(1).toNanos();

  private final TunDevice tun;
  private final DeviceState state;
  private final PacketCipher cipher;
  private final PacketSealer sealer;
  private final Arena arena = Arena.ofShared();
  private final PacketBatch batch = new PacketBatch(arena, BATCH_CAPACITY, SLAB_BYTES);
  private final PacketBatch waited =
      new PacketBatch(arena, StagedPackets.CAPACITY, WAITED_SLAB_BYTES);
  private final @Nullable Peer[] peers = new Peer[BATCH_CAPACITY];

  public OutboundPath(TunDevice tun, DeviceState state, CipherBackend backend) {
    this.tun = tun;
    this.state = state;
    this.cipher = backend.newCipher();
    this.sealer = new PacketSealer(cipher);
  }

  /**
   * Processes one batch.
   *
   * @return how many packets were read
   */
  public int doWork() throws IOException {
    int count = tun.read(batch);
    if (count == 0) {
      return 0;
    }
    state.counters.outgoing.add(count);
    state.sendEpoch.enter();
    try {
      long now = state.clock.nanos();
      route(count, now);
      sendRuns(count, now);
    } finally {
      state.sendEpoch.exit();
    }
    return count;
  }

  private void route(int count, long now) {
    var routes = state.routes;
    var slab = batch.slab();
    for (int i = 0; i < count; i++) {
      int version = InnerPacket.version(slab, batch.offset(i), batch.length(i));
      if (version == 0) {
        peers[i] = null;
        state.counters.drop(DropReason.NOT_IP, 1);
        continue;
      }
      batch.setTrafficClass(i, Ecn.of(slab, batch.offset(i), version));
      var hop = InnerPacket.routeOfDestination(routes, slab, batch.offset(i), version);
      peers[i] = hop == null ? null : hop.current(now);
      if (hop == null) {
        state.counters.drop(DropReason.NO_PEER, 1);
        queueIcmpError(i, version, now);
      } else if (isOwnDatagram(i, version, peers[i])) {
        state.counters.drop(DropReason.LOOP, 1);
        peers[i] = null;
      }
    }
  }

  /**
   * True if this is our own data message to the very peer that it is routed to. It would return
   * here after each sending, longer each time. Reaching a peer through another one is fine.
   */
  private boolean isOwnDatagram(int i, int version, @Nullable Peer peer) {
    Endpoint endpoint = peer == null ? null : peer.path.endpoint;
    if (peer == null || endpoint == null) {
      return false;
    }
    var slab = batch.slab();
    int end = batch.offset(i) + batch.length(i);
    int message =
        InnerPacket.contentsOfDatagram(slab, batch.offset(i), batch.length(i), version, endpoint);
    if (message < 0 || end - message < MessageType.DATA_HEADER_LENGTH) {
      return false;
    }
    Session<Peer> session = peer.keypairs.sending();
    return session != null
        && slab.get(INT, message) == MessageType.DATA
        && slab.get(INT, message + 4) == session.remoteIndex();
  }

  /** Queues an ICMP error to the sender of a packet that cannot be delivered. */
  private void queueIcmpError(int i, int version, long now) {
    if (!state.icmpQueue.mayAdd(now)) {
      return;
    }
    var error = IcmpUnreachable.to(batch.slab(), batch.offset(i), batch.length(i), version);
    if (error != null) {
      state.icmpQueue.add(error);
      state.socket.wakeReceiver();
    }
  }

  private void sendRuns(int count, long now) {
    int from = 0;
    while (from < count) {
      Peer peer = peers[from];
      int end = from + 1;
      while (end < count && peers[end] == peer) {
        end++;
      }
      if (peer != null) {
        sendRun(peer, from, end - from, now);
      }
      from = end;
    }
  }

  private void sendRun(Peer peer, int from, int count, long now) {
    Endpoint endpoint = peer.path.endpoint;
    if (endpoint == null) {
      state.counters.drop(DropReason.NO_ENDPOINT, count);
      for (int i = from; i < from + count; i++) {
        queueIcmpError(i, InnerPacket.version(batch.slab(), batch.offset(i), batch.length(i)), now);
      }
      return;
    }
    Session<Peer> session = peer.keypairs.sending();
    boolean sent =
        session != null
            && session.canSend(now)
            && sendWaited(session, endpoint, count, now)
            && send(batch, from, count, session, endpoint, now);
    if (!sent) {
      stage(peer, from, count);
    }
  }

  /**
   * Sends the packets that are staged for the session.
   *
   * @param count how many packets come after them
   * @return false if these were staged behind the waiting ones
   */
  private boolean sendWaited(Session<Peer> session, Endpoint endpoint, int count, long now) {
    var staged = session.peer().staged;
    if (!staged.inUse()) {
      return true;
    }
    if (!staged.acquireTurnOrAdd(count)) {
      return false;
    }
    try {
      while (staged.take(waited) > 0) {
        if (!send(waited, 0, waited.count(), session, endpoint, now)) {
          state.counters.drop(DropReason.HANDSHAKE_FAILED, waited.count());
        }
      }
    } finally {
      staged.endTurn();
    }
    return true;
  }

  /** Seals and sends packets; false if the session has not enough counters left. */
  private boolean send(
      PacketBatch packets,
      int from,
      int count,
      Session<Peer> session,
      Endpoint endpoint,
      long now) {
    long firstCounter = session.takeCounters(count);
    if (firstCounter == -1) {
      return false;
    }
    sealer.seal(packets, from, count, session, firstCounter, state.mtu);
    var peer = session.peer();
    long heard = peer.receivedFromHost(); // a reply may arrive before send() returns
    peer.traffic.sentData.begin();
    int sent = state.socket.send(packets, from, count, endpoint);
    long bytes = 0;
    for (int i = from; i < from + sent; i++) {
      bytes += packets.length(i);
    }
    if (sent < count) {
      state.counters.drop(DropReason.SOCKET, count - sent);
    }
    if (sent > 0) {
      noteSent(session, sent, bytes, heard, now);
    }
    return true;
  }

  private void noteSent(Session<Peer> session, int count, long bytes, long heard, long now) {
    var peer = session.peer();
    peer.timers.dataSent.note(now, heard);
    peer.traffic.sentData.add(count, bytes, now);
    boolean renew =
        session == peer.keypairs.current()
            && session.worthRenewingAfterSending(now)
            && now - peer.requests.renewalRequestedNanos >= RENEWAL_REMINDER_NANOS;
    if (renew) {
      peer.requests.renewalRequestedNanos = now;
      peer.requests.renewal.set(true);
    }
    VarHandle.fullFence();
    if (renew || !peer.timers.watched) {
      state.wakeQueue.add(peer);
    }
  }

  private void stage(Peer peer, int from, int count) {
    int lost = 0;
    for (int i = from; i < from + count; i++) {
      lost += peer.staged.add(batch.slab(), batch.offset(i), batch.length(i));
    }
    if (lost > 0) {
      state.counters.drop(DropReason.QUEUE_FULL, lost);
    }
    peer.requests.packetStaged.set(true);
    state.wakeQueue.add(peer);
  }

  @Override
  public void close() {
    cipher.close();
    arena.close();
  }
}
