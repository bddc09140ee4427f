package dev.wiremesh.wireguard.io.memory;

import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.TunDevice;
import dev.wiremesh.wireguard.io.TunEvent;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A TUN interface in memory: a test sends the packets that its system would route into it, and
 * takes the packets that the device wrote.
 */
public final class MemoryTun implements TunDevice {
  private final String name;
  private final ArrayDeque<byte[]> fromSystem = new ArrayDeque<>();
  private final List<byte[]> toSystem = new ArrayList<>();
  private Consumer<TunEvent> listener = event -> {};
  private int mtu = 1420;
  private boolean up = true;
  private boolean closed;

  public MemoryTun(String name) {
    this.name = name;
  }

  /** Routes a packet into the interface, as the system does. */
  public void send(byte[] packet) {
    fromSystem.add(packet);
  }

  /** True if packets were sent that the device has not read yet. */
  public boolean hasPackets() {
    return !fromSystem.isEmpty();
  }

  /** Takes the packets that the device wrote, in order. */
  public List<byte[]> received() {
    var packets = List.copyOf(toSystem);
    toSystem.clear();
    return packets;
  }

  public void setUp(boolean nowUp) {
    up = nowUp;
    listener.accept(up ? new TunEvent.Up() : new TunEvent.Down());
  }

  public void setMtu(int newMtu) {
    mtu = newMtu;
    listener.accept(new TunEvent.MtuChanged(newMtu));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int mtu() {
    return mtu;
  }

  @Override
  public int read(PacketBatch into) throws ClosedChannelException {
    ensureOpen();
    into.clear();
    while (!fromSystem.isEmpty() && fromSystem.peek().length <= into.room()) {
      byte[] packet = fromSystem.remove();
      MemorySegment.copy(
          packet, 0, into.slab(), ValueLayout.JAVA_BYTE, into.nextOffset(), packet.length);
      into.add(packet.length);
    }
    return into.count();
  }

  @Override
  public int write(PacketBatch batch) throws ClosedChannelException {
    ensureOpen();
    for (int i = 0; i < batch.count(); i++) {
      toSystem.add(
          batch.slab().asSlice(batch.offset(i), batch.length(i)).toArray(ValueLayout.JAVA_BYTE));
    }
    return batch.count();
  }

  private void ensureOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public void onEvent(Consumer<TunEvent> newListener) {
    listener = newListener;
    listener.accept(up ? new TunEvent.Up() : new TunEvent.Down());
  }

  @Override
  public void wake() {
    // nothing ever waits here
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      listener.accept(new TunEvent.Closed());
    }
  }
}
