package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.device.EchoReply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Replies to echo requests that were not taken yet. The receiving thread adds, any thread takes.
 * Bounded: a reply without room is lost, as it could be in the network.
 */
public final class EchoReplies {
  private static final int CAPACITY = 4096;

  private final ArrayBlockingQueue<EchoReply> waiting = new ArrayBlockingQueue<>(CAPACITY);

  public void add(EchoReply reply) {
    boolean _ = waiting.offer(reply);
  }

  /** Takes all replies. */
  public List<EchoReply> take() {
    var replies = new ArrayList<EchoReply>();
    waiting.drainTo(replies);
    return replies;
  }
}
