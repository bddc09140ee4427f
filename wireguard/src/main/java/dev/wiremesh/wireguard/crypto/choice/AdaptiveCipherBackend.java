package dev.wiremesh.wireguard.crypto.choice;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.CipherKey;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import java.lang.foreign.MemorySegment;

/**
 * A backend that can be exchanged while its ciphers are in use: each of them goes over to the new
 * one with its next batch, on its own thread.
 */
final class AdaptiveCipherBackend implements CipherBackend {
  private volatile CipherBackend current;

  AdaptiveCipherBackend(CipherBackend first) {
    current = first;
  }

  /** The backend that is in use now. */
  CipherBackend current() {
    return current;
  }

  void use(CipherBackend next) {
    current = next;
  }

  @Override
  public String name() {
    return current.name();
  }

  @Override
  public PacketCipher newCipher() {
    return new AdaptiveCipher();
  }

  private final class AdaptiveCipher implements PacketCipher {
    private CipherBackend backend = current;
    private PacketCipher cipher = backend.newCipher();

    private PacketCipher cipher() {
      var wanted = current;
      if (!wanted.equals(backend)) {
        var next = wanted.newCipher();
        cipher.close();
        cipher = next;
        backend = wanted;
      }
      return cipher;
    }

    @Override
    public void seal(
        CipherKey key,
        MemorySegment source,
        int[] sourceOffsets,
        MemorySegment destination,
        int[] destinationOffsets,
        int[] lengths,
        int from,
        int count,
        long firstCounter) {
      cipher()
          .seal(
              key,
              source,
              sourceOffsets,
              destination,
              destinationOffsets,
              lengths,
              from,
              count,
              firstCounter);
    }

    @Override
    public void open(
        CipherKey key,
        MemorySegment source,
        int[] sourceOffsets,
        MemorySegment destination,
        int[] destinationOffsets,
        int[] lengths,
        int from,
        int count,
        long[] counters,
        long[] authentic) {
      cipher()
          .open(
              key,
              source,
              sourceOffsets,
              destination,
              destinationOffsets,
              lengths,
              from,
              count,
              counters,
              authentic);
    }

    @Override
    public void close() {
      cipher.close();
    }
  }
}
