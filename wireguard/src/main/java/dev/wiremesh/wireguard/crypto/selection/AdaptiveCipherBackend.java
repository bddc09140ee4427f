package dev.wiremesh.wireguard.crypto.selection;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.CipherKey;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.crypto.PacketLayout;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A backend that can be exchanged at run time: each of its ciphers switches to the new backend with
 * its next batch, on its own thread. The first cipher that has processed {@link #BUSY_PACKETS}
 * reports it, once, because from then on a faster backend is worth a benchmark.
 */
final class AdaptiveCipherBackend implements CipherBackend {
  /** A second of slow traffic, or a tenth of a second of fast traffic. */
  static final long BUSY_PACKETS = 20_000;

  private final Consumer<AdaptiveCipherBackend> whenBusy;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile CipherBackend current;

  /**
   * @param whenBusy called at most once, by a packet thread; must not block
   */
  AdaptiveCipherBackend(CipherBackend first, Consumer<AdaptiveCipherBackend> whenBusy) {
    current = first;
    this.whenBusy = whenBusy;
  }

  /** The backend that is in use now. */
  CipherBackend current() {
    return current;
  }

  void use(CipherBackend next) {
    current = next;
  }

  private void nowBusy() {
    if (busy.compareAndSet(false, true)) {
      whenBusy.accept(this);
    }
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
    private long packetsToBusy = BUSY_PACKETS;

    private PacketCipher cipherFor(int packets) {
      if (packetsToBusy > 0) {
        packetsToBusy -= packets;
        if (packetsToBusy <= 0) {
          nowBusy();
        }
      }
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
    public void seal(CipherKey key, PacketLayout packets, int from, int count, long firstCounter) {
      cipherFor(count).seal(key, packets, from, count, firstCounter);
    }

    @Override
    public void open(
        CipherKey key,
        PacketLayout packets,
        int from,
        int count,
        long[] counters,
        long[] authentic) {
      cipherFor(count).open(key, packets, from, count, counters, authentic);
    }

    @Override
    public void close() {
      cipher.close();
    }
  }
}
