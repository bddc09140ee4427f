package dev.wiremesh.wireguard.io;

import java.io.IOException;

/**
 * A bound socket for IPv4 and IPv6: {@code Bind} in wireguard-go's {@code conn}. It is never
 * rebound: a change of the port opens another bind from the {@link BindFactory} and closes the old
 * one.
 *
 * <p>One thread receives. Any thread may send, set the mark, wake and close.
 */
public interface Bind extends AutoCloseable {
  /** The port that it is bound to, also one that the system chose. */
  int port();

  /**
   * Waits for datagrams, clears the batch and fills it, with the endpoint of each.
   *
   * @return how many were received; 0 after {@link #wake} (and for a bind in memory when there are
   *     none)
   * @throws java.nio.channels.ClosedChannelException once the bind is closed
   */
  int receive(PacketBatch into) throws IOException;

  /**
   * Sends packets {@code from} to {@code from + count - 1}, all to one endpoint, from its source if
   * that is still valid. Datagrams that the network or the system refuses are lost, as UDP allows.
   *
   * @return how many packets the system took
   * @throws IllegalArgumentException for an endpoint of another kind of bind
   * @throws java.nio.channels.ClosedChannelException once the bind is closed
   */
  int send(PacketBatch batch, int from, int count, Endpoint to) throws IOException;

  /** Sets the firewall mark (SO_MARK) of all later datagrams; 0 is none. */
  void setMark(int mark) throws IOException;

  /** Makes a waiting {@link #receive} return 0; if none waits, the next one that would. */
  void wake();

  @Override
  void close();
}
