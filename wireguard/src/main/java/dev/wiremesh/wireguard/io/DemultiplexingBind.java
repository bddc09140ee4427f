package dev.wiremesh.wireguard.io;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A bind that several protocols share: WireGuard messages go to the receiver, other datagrams to
 * the handler that recognizes them. A datagram that no handler takes goes to the receiver as well,
 * which counts it as malformed.
 *
 * <p>WireGuard messages are recognized by their first four bytes, a type of 1 to 4 and three zeros
 * (whitepaper section 5.4), so handlers are asked only about other datagrams, and one comparison
 * for each packet is the cost of sharing. No STUN message begins like that: its second byte is the
 * rest of a type, and zero only for a method that is reserved.
 *
 * <p>Thread rules are those of {@link Bind}; handlers run on the receiving thread.
 */
public final class DemultiplexingBind implements Bind {
  private static final int TYPE_LENGTH = Integer.BYTES;
  private static final int FIRST_TYPE = 1;
  private static final int TYPES = 4;

  private static final ValueLayout.OfInt TYPE =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Bind bind;
  private final DatagramHandler[] handlers;

  private DemultiplexingBind(Bind bind, List<DatagramHandler> handlers) {
    this.bind = bind;
    this.handlers = handlers.toArray(DatagramHandler[]::new);
  }

  /** Opens binds that are shared with these protocols; the first handler to recognize one takes. */
  public static BindFactory factory(BindFactory binds, List<DatagramHandler> handlers) {
    var all = List.copyOf(handlers);
    return (port, mark) -> new DemultiplexingBind(binds.open(port, mark), all);
  }

  @Override
  public int port() {
    return bind.port();
  }

  /** {@inheritDoc} Also returns 0 when handlers have taken all that was received. */
  @Override
  public int receive(PacketBatch into) throws IOException {
    int count = bind.receive(into);
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (isWireGuard(into, i) || !isHandled(into, i)) {
        if (kept < i) {
          into.move(i, kept);
        }
        kept++;
      }
    }
    into.truncate(kept);
    return kept;
  }

  private static boolean isWireGuard(PacketBatch batch, int i) {
    return batch.length(i) >= TYPE_LENGTH
        && Integer.compareUnsigned(batch.slab().get(TYPE, batch.offset(i)) - FIRST_TYPE, TYPES) < 0;
  }

  private boolean isHandled(PacketBatch batch, int i) {
    for (var handler : handlers) {
      if (handler.handle(batch, i)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public int send(PacketBatch batch, int from, int count, Endpoint to) throws IOException {
    return bind.send(batch, from, count, to);
  }

  @Override
  public void setMark(int mark) throws IOException {
    bind.setMark(mark);
  }

  @Override
  public void wake() {
    bind.wake();
  }

  @Override
  public void close() {
    bind.close();
  }
}
