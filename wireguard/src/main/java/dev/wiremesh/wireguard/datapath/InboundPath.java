package dev.wiremesh.wireguard.datapath;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.EndpointSource;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.TunDevice;
import dev.wiremesh.wireguard.packet.Ecn;
import dev.wiremesh.wireguard.packet.IcmpEcho;
import dev.wiremesh.wireguard.packet.InnerPacket;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.session.Session;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The inbound path of a packet, from UDP to TUN, run completely by the receiving thread, which owns
 * it:
 *
 * <ol>
 *   <li>Receive a batch of datagrams, each with its endpoint.
 *   <li>Sort them: handshake messages go to the control thread's queue; data finds its session by
 *       the receiver index; other datagrams, and data of expired sessions, are dropped silently
 *       (counted by reason).
 *   <li>Go through the batch in runs of the same session; open each run in place.
 *   <li>Drop packets that are not authentic, then replayed ones.
 *   <li>The sender is now authenticated as the peer: update its endpoint and counters.
 *   <li>Empty packets are keepalives. Others must be IP, with a source that is routed to this peer;
 *       padding is removed.
 *   <li>Probes and their replies are handled here; the TUN does not see them.
 *   <li>Write the rest of the batch to the TUN.
 * </ol>
 */
public final class InboundPath implements AutoCloseable {
  private static final int BATCH_CAPACITY = 128;
  private static final int SLAB_BYTES = 512 * 1024;
  private static final int MIN_DATA_LENGTH =
      MessageType.DATA_HEADER_LENGTH + PacketCipher.TAG_LENGTH;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final TunDevice tun;
  private final DeviceState state;
  private final PacketCipher cipher;
  private final ProbeResponder probes;
  private final Arena arena = Arena.ofShared();
  private final PacketBatch batch = new PacketBatch(arena, BATCH_CAPACITY, SLAB_BYTES);
  private final @Nullable Session<Peer>[] sessions = newSessionArray();
  private final long[] counters = new long[BATCH_CAPACITY];
  private final long[] authentic = new long[BATCH_CAPACITY / Long.SIZE];

  /** Packets at the front of the batch that are ready for the TUN. */
  private int ready;

  public InboundPath(TunDevice tun, DeviceState state, CipherBackend backend) {
    this.tun = tun;
    this.state = state;
    this.cipher = backend.newCipher();
    this.probes = new ProbeResponder(state, backend);
  }

  @SuppressWarnings("unchecked")
  private static @Nullable Session<Peer>[] newSessionArray() {
    return (Session<Peer>[]) new Session<?>[BATCH_CAPACITY];
  }

  /**
   * Processes one batch from the given bind.
   *
   * @return how many datagrams were received
   */
  public int doWork(Bind socket) throws IOException {
    int count = socket.receive(batch);
    if (count == 0) {
      writeIcmpErrors();
      return 0;
    }
    state.counters.incoming.add(count);
    state.receiveEpoch.enter();
    try {
      long now = state.clock.nanos();
      sort(count, now);
      ready = 0;
      openRuns(count, now);
      Arrays.fill(sessions, 0, count, null); // do not keep removed peers reachable
    } finally {
      state.receiveEpoch.exit();
    }
    batch.truncate(ready);
    if (ready > 0) {
      int written = tun.write(batch);
      if (written < ready) {
        state.counters.drop(DropReason.TUN, ready - written);
      }
    }
    if (!state.icmpQueue.isEmpty()) {
      writeIcmpErrors(); // under load receive() never returns 0
    }
    return count;
  }

  /** Writes the ICMP errors of the sending thread, because only one thread may write to the TUN. */
  private void writeIcmpErrors() throws IOException {
    batch.clear();
    for (byte[] error = state.icmpQueue.poll(); error != null; error = state.icmpQueue.poll()) {
      MemorySegment.copy(
          error, 0, batch.slab(), ValueLayout.JAVA_BYTE, batch.nextOffset(), error.length);
      batch.add(error.length);
    }
    if (batch.count() > 0) {
      tun.write(batch);
    }
  }

  private void sort(int count, long now) {
    boolean handshakes = false;
    for (int i = 0; i < count; i++) {
      sessions[i] = null;
      int length = batch.length(i);
      int type = length >= 4 ? batch.slab().get(INT, batch.offset(i)) : 0;
      if (type == MessageType.DATA && length >= MIN_DATA_LENGTH) {
        sessions[i] = sessionOf(i, now);
      } else if (MessageType.isHandshake(type, length)) {
        queueHandshake(i);
        handshakes = true;
      } else {
        state.counters.drop(DropReason.MALFORMED, 1);
      }
    }
    if (handshakes && state.handshakes.needsWakeup()) {
      state.wakeQueue.wake();
    }
  }

  private void queueHandshake(int i) {
    Endpoint from = batch.endpoint(i);
    if (from == null
        || !state.handshakes.offer(batch.slab(), batch.offset(i), batch.length(i), from)) {
      state.counters.drop(DropReason.HANDSHAKE_QUEUE_FULL, 1);
    }
  }

  /** Finds the session and strips the header; null if the packet is to be dropped. */
  private @Nullable Session<Peer> sessionOf(int i, long now) {
    int offset = batch.offset(i);
    var session = state.sessions.get(batch.slab().get(INT, offset + 4));
    if (session == null) {
      state.counters.drop(DropReason.NO_SESSION, 1);
      return null;
    }
    long counter = batch.slab().get(LONG, offset + 8);
    if (session.expired(now) || !session.allowsCounter(counter)) {
      state.counters.drop(DropReason.EXPIRED, 1);
      return null;
    }
    counters[i] = counter;
    batch.set(
        i,
        offset + MessageType.DATA_HEADER_LENGTH,
        batch.length(i) - MessageType.DATA_HEADER_LENGTH);
    return session;
  }

  private void openRuns(int count, long now) {
    int from = 0;
    while (from < count) {
      var session = sessions[from];
      int end = from + 1;
      while (end < count && sessions[end] == session) {
        end++;
      }
      if (session != null) {
        openRun(session, from, end, now);
      }
      from = end;
    }
  }

  private void openRun(Session<Peer> session, int from, int end, long now) {
    cipher.open(session.receiveKey(), batch.layout(), from, end - from, counters, authentic);
    var peer = session.peer();
    int accepted = 0;
    int late = 0;
    int withData = 0;
    long bytes = 0;
    Endpoint source = null;
    for (int i = from; i < end; i++) {
      long expected = session.window().next();
      if (!acceptable(session, i)) {
        continue;
      }
      accepted++;
      if (Long.compareUnsigned(counters[i], expected) < 0) {
        late++;
        session.lossDetector().receivedLate(counters[i]);
      }
      int datagram = MessageType.DATA_HEADER_LENGTH + batch.length(i);
      source = batch.endpoint(i);
      var content = deliver(peer, i, now);
      withData += content == Content.DATA || content == Content.REFUSED ? 1 : 0;
      bytes += content == Content.REFUSED ? 0 : datagram;
    }
    if (accepted > 0) {
      peer.traffic.losses.add(
          session.lossDetector().received(accepted, session.window().next(), now), late);
      noteReceived(peer, session, source, accepted, withData, bytes, now);
    }
  }

  private boolean acceptable(Session<Peer> session, int i) {
    if ((authentic[i >>> 6] & 1L << i) == 0) {
      state.counters.drop(DropReason.NOT_AUTHENTIC, 1);
      return false;
    }
    if (!session.window().accept(counters[i])) {
      state.counters.drop(DropReason.REPLAY, 1);
      return false;
    }
    return true;
  }

  /**
   * Content of an authentic packet. Refused ones count as data for timers, but not as received
   * bytes.
   */
  private enum Content {
    KEEPALIVE,
    PROBE,
    DATA,
    REFUSED
  }

  /** Moves the packet to the front of the batch if it is for the TUN. */
  private Content deliver(Peer peer, int i, long now) {
    var slab = batch.slab();
    int offset = batch.offset(i);
    int length = batch.length(i) - PacketCipher.TAG_LENGTH;
    if (length == 0) {
      return Content.KEEPALIVE;
    }
    int version = InnerPacket.version(slab, offset, length);
    int inner = version == 0 ? 0 : InnerPacket.lengthByHeader(slab, offset, length, version);
    if (inner == 0) {
      state.counters.drop(DropReason.INNER_MALFORMED, 1);
      return Content.REFUSED;
    }
    var owner = InnerPacket.routeOfSource(state.routes, slab, offset, version);
    if (owner == null || !owner.accepts(peer)) {
      state.counters.drop(DropReason.ALLOWED_IP, 1);
      return Content.REFUSED;
    }
    boolean probe = IcmpEcho.isProbe(slab, offset, inner, version);
    if (probe && probes.takes(peer, slab, offset, inner, version, now)) {
      return Content.PROBE;
    }
    owner.heardFrom(peer);
    int outer = batch.trafficClass(i);
    if (Ecn.isMarked(outer)) {
      Ecn.copyMarks(slab, offset, version, outer);
    }
    batch.set(ready++, offset, inner);
    return probe ? Content.PROBE : Content.DATA;
  }

  private void noteReceived(
      Peer peer,
      Session<Peer> session,
      @Nullable Endpoint source,
      int packets,
      int withData,
      long bytes,
      long now) {
    Endpoint known = peer.path.endpoint;
    if (source != null && !source.equals(known)) {
      if (known == null || !source.sameDestination(known)) {
        state.counters.endpointChange(EndpointSource.DATA);
      }
      peer.path.endpoint = source;
    }
    if (withData > 0) {
      peer.timers.dataReceived.note(now, peer.traffic.sendsBegun());
      peer.traffic.lastDataReceivedNanos.setRelease(now);
    }
    peer.traffic.receivedData.add(packets, bytes, now);
    if (peer.path.unreachable && peer.canSend(now)) {
      peer.path.unreachable = false;
    }
    boolean first = session.noteReceived(now);
    boolean renew = session == peer.keypairs.current() && session.worthRenewingAfterReceiving(now);
    if (renew) {
      peer.requests.renewal.set(true);
    }
    VarHandle.fullFence();
    if (first || renew || !peer.timers.watched) {
      state.wakeQueue.add(peer);
    }
  }

  @Override
  public void close() {
    cipher.close();
    probes.close();
    arena.close();
  }
}
