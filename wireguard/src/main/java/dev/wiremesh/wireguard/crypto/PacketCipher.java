package dev.wiremesh.wireguard.crypto;

/**
 * Seals and opens batches of transport packets with ChaCha20-Poly1305 (RFC 8439 section 2.8). The
 * nonce is the four bytes of the {@link CipherKey} and the packet's counter in little-endian order.
 * Under WireGuard's keys the four bytes are zero and there is no associated data (whitepaper
 * section 5.4.6).
 *
 * <p>Belongs to one thread. Nothing outside the given ranges is written.
 */
public interface PacketCipher extends AutoCloseable {
  /** Length of the tag that sealing appends to each packet. */
  int TAG_LENGTH = 16;

  /**
   * Seals packets {@code from} to {@code from + count - 1}, the first under {@code firstCounter},
   * each next one under the next counter.
   *
   * @param packets the plaintexts; {@link #TAG_LENGTH} bytes more are written
   */
  void seal(CipherKey key, PacketLayout packets, int from, int count, long firstCounter);

  /**
   * Opens packets {@code from} to {@code from + count - 1}, packet i under {@code counters[i]}. The
   * destination of a packet that is not authentic has undefined content and must be dropped.
   *
   * @param packets the ciphertexts with their tags, at least {@link #TAG_LENGTH} bytes long; that
   *     many bytes less are written
   * @param authentic result, a bitmap: bit {@code i % 64} of element {@code i / 64} is set when
   *     packet i is authentic, cleared when not; bits outside the range are not changed
   */
  void open(
      CipherKey key, PacketLayout packets, int from, int count, long[] counters, long[] authentic);

  /** Wipes and frees the scratch memory. */
  @Override
  void close();
}
