package dev.wiremesh.agent.liveness;

import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.wireguard.device.EchoReply;
import java.util.List;

/**
 * The inputs of one round of probes of a network. Immutable.
 *
 * @param regular whether this is the round of each second, in which every peer is asked; the others
 *     follow a request whose reply is overdue
 * @param replies to echo requests of this network since the last round
 * @param now start of the round
 */
public record ProbeRound(boolean regular, List<EchoReply> replies, MonotonicTime now) {
  public ProbeRound {
    replies = List.copyOf(replies);
  }
}
