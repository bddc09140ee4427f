package dev.wiremesh.wireguard.io;

import java.io.IOException;
import java.util.function.Consumer;

/**
 * A TUN interface: packets that the system routes into it are read here, and packets written here
 * arrive from it. Packets are bare IP packets.
 *
 * <p>One thread reads, one thread writes; any thread may wake and close.
 */
public interface TunDevice extends AutoCloseable {
  /** The interface's current name; it may be renamed. */
  String name();

  int mtu();

  /**
   * Waits for packets, clears the batch and fills it, each packet with {@link PacketBatch#HEADROOM}
   * and {@link PacketBatch#TAILROOM}.
   *
   * @return how many were read; 0 after {@link #wake} (and for a device in memory when there are
   *     none)
   * @throws java.nio.channels.ClosedChannelException once the interface is closed or deleted
   */
  int read(PacketBatch into) throws IOException;

  /**
   * Writes all packets of the batch; may overwrite the headroom before each.
   *
   * @return how many packets the system took
   * @throws java.nio.channels.ClosedChannelException once the interface is closed or deleted
   */
  int write(PacketBatch batch) throws IOException;

  /**
   * Registers the only listener, which receives the present state (up or down) at once and every
   * change later, on a thread of the implementation; it must not block.
   */
  void onEvent(Consumer<TunEvent> listener);

  /** Makes a waiting {@link #read} return 0; if none waits, the next one that would. */
  void wake();

  @Override
  void close();
}
