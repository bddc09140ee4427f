package dev.wiremesh.wireguard.io;

import java.io.IOException;

/**
 * A bound UDP socket for IPv4 and IPv6 at once. It is never rebound: another port is another socket
 * from the {@link BindFactory}, and the old one is closed.
 *
 * <p>One thread receives. Any thread may send, set the mark, wake and close.
 */
public interface Bind extends AutoCloseable {
  /** The port that it is bound to, also when the system chose it. */
  int port();

  /**
   * Waits for datagrams, clears the batch and fills it, an endpoint with each.
   *
   * @return how many came; 0 after {@link #wake} (and for a socket in memory when there is nothing)
   * @throws java.nio.channels.ClosedChannelException once the socket is closed
   */
  int receive(PacketBatch into) throws IOException;

  /**
   * Sends packets {@code from} to {@code from + count - 1}, all to one endpoint, from its source if
   * that is still ours. Datagrams that the network or the system refuses are lost, as UDP is.
   *
   * @return how many the system took
   * @throws IllegalArgumentException for an endpoint of another kind of bind
   * @throws java.nio.channels.ClosedChannelException once the socket is closed
   */
  int send(PacketBatch batch, int from, int count, Endpoint to) throws IOException;

  /** Sets the firewall mark (SO_MARK) of all that is sent from now on; 0 is none. */
  void setMark(int mark) throws IOException;

  /** Makes a waiting {@link #receive} return 0; if none waits, the next one that would. */
  void wake();

  @Override
  void close();
}
