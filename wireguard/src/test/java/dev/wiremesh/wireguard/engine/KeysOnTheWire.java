package dev.wiremesh.wireguard.engine;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.handshake.CookieChecker;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.memory.Datagram;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * Reads which of Alice's two keys her packets go by: Bob's handshake messages say for which key
 * they are (MAC1), and by which index he is addressed from then on.
 */
final class KeysOnTheWire {
  private final Pair pair;
  private final CookieChecker next;
  private final Set<Integer> indicesOfNext = new HashSet<>();
  private int initiations;
  private int byNext;
  private int backToTheOldKey;

  KeysOnTheWire(Pair pair, PublicKey nextKey) {
    this.pair = pair;
    this.next = new CookieChecker(nextKey, new Random(1));
  }

  /** Takes in what was sent since the last time. */
  void read() {
    pair.sent().forEach(this::read);
  }

  private void read(Datagram datagram) {
    if (Pair.isInitiation(datagram)) {
      initiations++;
    }
    int index =
        ByteBuffer.wrap(datagram.payload()).order(ByteOrder.LITTLE_ENDIAN).getInt(Integer.BYTES);
    boolean fromAlice = Pair.isFrom(pair.alice, datagram);
    if (datagram.type() != MessageType.DATA) {
      if (!fromAlice && next.hasMac1(datagram.payload())) {
        indicesOfNext.add(index);
      }
    } else if (fromAlice) {
      if (indicesOfNext.contains(index)) {
        byNext++;
      } else if (byNext > 0) {
        backToTheOldKey++;
      }
    }
  }

  int initiations() {
    return initiations;
  }

  /** Data of Alice by her next key. */
  int byNext() {
    return byNext;
  }

  /** Data of Alice by her old key after the first by the next one. */
  int backToTheOldKey() {
    return backToTheOldKey;
  }
}
