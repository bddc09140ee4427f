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
 * The life of a packet that leaves, from end to end on the sending thread, which owns this:
 *
 * <ol>
 *   <li>Read a batch from the TUN.
 *   <li>Find each packet's peer: longest prefix that its destination lies in. No peer: dropped, and
 *       the sender told so. What we sent to that peer ourselves and the routes have led back to us
 *       is dropped too.
 *   <li>Go through the batch in runs of packets to the same peer.
 *   <li>No session that may still seal: copy the run aside and ask for attention. Done. Packets
 *       that waited for the session go first, and if the control thread is just sending them, then
 *       the run goes behind them.
 *   <li>Take a counter for each packet; pad and seal in place; write the headers.
 *   <li>Send the run to where the peer was last heard from.
 *   <li>Leave facts for the timers; ask for the next session when this one is getting old.
 * </ol>
 */
public final class OutboundPath implements AutoCloseable {
  private static final int BATCH_CAPACITY = 128;
  private static final int SLAB_BYTES = 512 * 1024;
  private static final int WAITED_SLAB_BYTES = 256 * 1024;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** A handshake is repeated without being reminded; the reminder keeps it from giving up. */
  private static final long RENEWAL_REMINDER_NANOS = Duration.ofSeconds(1).toNanos();

  private final TunDevice tun;
  private final DeviceState shared;
  private final PacketCipher cipher;
  private final PacketSealer sealer;
  private final Arena arena = Arena.ofShared();
  private final PacketBatch batch = new PacketBatch(arena, BATCH_CAPACITY, SLAB_BYTES);
  private final PacketBatch waited =
      new PacketBatch(arena, StagedPackets.CAPACITY, WAITED_SLAB_BYTES);
  private final @Nullable Peer[] peers = new Peer[BATCH_CAPACITY];

  public OutboundPath(TunDevice tun, DeviceState shared, CipherBackend backend) {
    this.tun = tun;
    this.shared = shared;
    this.cipher = backend.newCipher();
    this.sealer = new PacketSealer(cipher);
  }

  /**
   * One batch.
   *
   * @return how many packets were read
   */
  public int doWork() throws IOException {
    int count = tun.read(batch);
    if (count == 0) {
      return 0;
    }
    shared.counters.outgoing.add(count);
    shared.sending.enter();
    try {
      long now = shared.clock.nanos();
      route(count, now);
      sendRuns(count, now);
    } finally {
      shared.sending.exit();
    }
    return count;
  }

  private void route(int count, long now) {
    var routes = shared.routes;
    var slab = batch.slab();
    for (int i = 0; i < count; i++) {
      int version = InnerPacket.version(slab, batch.offset(i), batch.length(i));
      if (version == 0) {
        peers[i] = null;
        shared.counters.drop(DropReason.NOT_IP, 1);
        continue;
      }
      batch.setTrafficClass(i, Ecn.of(slab, batch.offset(i), version));
      var hop = InnerPacket.routeOfDestination(routes, slab, batch.offset(i), version);
      peers[i] = hop == null ? null : hop.current(now);
      if (hop == null) {
        shared.counters.drop(DropReason.NO_PEER, 1);
        refuse(i, version, now);
      } else if (isOurs(i, version, peers[i])) {
        shared.counters.drop(DropReason.LOOP, 1);
        peers[i] = null;
      }
    }
  }

  /**
   * Whether this is a data message of ours to the very peer that it is routed to. Sealed and sent
   * it would be here again, for ever and ever longer. To reach a peer by way of another one is
   * fine.
   */
  private boolean isOurs(int i, int version, @Nullable Peer peer) {
    Endpoint endpoint = peer == null ? null : peer.endpoint;
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
    Session<Peer> session = peer.sendingSession();
    return session != null
        && slab.get(INT, message) == MessageType.DATA
        && slab.get(INT, message + 4) == session.remoteIndex();
  }

  /** Lets the sender of a packet know that there is no way to where it should go. */
  private void refuse(int i, int version, long now) {
    if (!shared.notices.mayAdd(now)) {
      return;
    }
    var notice = IcmpUnreachable.to(batch.slab(), batch.offset(i), batch.length(i), version);
    if (notice != null) {
      shared.notices.add(notice);
      shared.link.wakeReceiver();
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
    Endpoint endpoint = peer.endpoint;
    if (endpoint == null) {
      shared.counters.drop(DropReason.NO_ENDPOINT, count);
      for (int i = from; i < from + count; i++) {
        refuse(i, InnerPacket.version(batch.slab(), batch.offset(i), batch.length(i)), now);
      }
      return;
    }
    Session<Peer> session = peer.sendingSession();
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
   * Sends what waited for the session.
   *
   * @param count how many packets come after
   * @return false if these are to go behind those that wait
   */
  private boolean sendWaited(Session<Peer> session, Endpoint endpoint, int count, long now) {
    var staged = session.peer().staged;
    if (!staged.inUse()) {
      return true;
    }
    if (!staged.takeTurnOrAdd(count)) {
      return false;
    }
    try {
      while (staged.take(waited) > 0) {
        if (!send(waited, 0, waited.count(), session, endpoint, now)) {
          shared.counters.drop(DropReason.HANDSHAKE_FAILED, waited.count());
        }
      }
    } finally {
      staged.endTurn();
    }
    return true;
  }

  /** False if the session has not so many counters left. */
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
    sealer.seal(packets, from, count, session, firstCounter, shared.mtu);
    var peer = session.peer();
    long heard = peer.heard(); // an answer may be here before we return
    peer.sentData.begin();
    int sent = shared.link.send(packets, from, count, endpoint);
    long bytes = 0;
    for (int i = from; i < from + sent; i++) {
      bytes += packets.length(i);
    }
    if (sent < count) {
      shared.counters.drop(DropReason.SOCKET, count - sent);
    }
    if (sent > 0) {
      noteSent(session, sent, bytes, heard, now);
    }
    return true;
  }

  private void noteSent(Session<Peer> session, int count, long bytes, long heard, long now) {
    var peer = session.peer();
    peer.dataSent.note(now, heard);
    peer.sentData.add(count, bytes, now);
    boolean renew =
        session == peer.current
            && session.worthRenewingAfterSending(now)
            && now - peer.renewalAskedNanos >= RENEWAL_REMINDER_NANOS;
    if (renew) {
      peer.renewalAskedNanos = now;
      peer.renewalWanted.set(true);
    }
    VarHandle.fullFence();
    if (renew || !peer.watched) {
      shared.attention.ask(peer);
    }
  }

  private void stage(Peer peer, int from, int count) {
    int lost = 0;
    for (int i = from; i < from + count; i++) {
      lost += peer.staged.add(batch.slab(), batch.offset(i), batch.length(i));
    }
    if (lost > 0) {
      shared.counters.drop(DropReason.QUEUE_FULL, lost);
    }
    peer.packetStaged.set(true);
    shared.attention.ask(peer);
  }

  @Override
  public void close() {
    cipher.close();
    arena.close();
  }
}
