package dev.wiremesh.wireguard.io;

import java.io.IOException;
import java.util.function.Consumer;

/**
 * A network interface whose packets are ours: what the system routes into it is read, what is
 * written comes out of it. Packets are bare IP packets.
 *
 * <p>One thread reads, one thread writes; any thread may wake and close.
 */
public interface TunDevice extends AutoCloseable {
  /** The interface's name now; it may be renamed. */
  String name();

  int mtu();

  /**
   * Waits for packets, clears the batch and fills it, each packet with {@link PacketBatch#HEADROOM}
   * and {@link PacketBatch#TAILROOM}.
   *
   * @return how many came; 0 after {@link #wake} (and for a device in memory when there is nothing)
   * @throws java.nio.channels.ClosedChannelException once the interface is closed or deleted
   */
  int read(PacketBatch into) throws IOException;

  /**
   * Writes all packets of the batch; may overwrite the headroom before each.
   *
   * @return how many the system took
   * @throws java.nio.channels.ClosedChannelException once the interface is closed or deleted
   */
  int write(PacketBatch batch) throws IOException;

  /**
   * Registers the one listener, which is told the present state (up or down) at once and every
   * change later, on a thread of the implementation's choice; it does not block.
   */
  void onEvent(Consumer<TunEvent> listener);

  /** Makes a waiting {@link #read} return 0; if none waits, the next one that would. */
  void wake();

  @Override
  void close();
}
