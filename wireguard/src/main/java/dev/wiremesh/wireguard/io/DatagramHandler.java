package dev.wiremesh.wireguard.io;

/**
 * A protocol other than WireGuard on the same UDP port, such as STUN (RFC 8489), which must be
 * spoken from the port whose mapping it asks for.
 */
@FunctionalInterface
public interface DatagramHandler {
  /**
   * Takes packet {@code i} of the batch, with its {@link PacketBatch#endpoint}, if it is of this
   * protocol. Called by the receiving thread for datagrams that are not WireGuard messages; it must
   * not block or throw, and keeps no reference to the batch.
   *
   * @return false for a datagram of another protocol
   */
  boolean handle(PacketBatch batch, int i);
}
