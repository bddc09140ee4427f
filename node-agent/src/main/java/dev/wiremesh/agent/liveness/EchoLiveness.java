package dev.wiremesh.agent.liveness;

import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.session.EchoTimeout;
import dev.wiremesh.core.session.PeerLiveness;
import dev.wiremesh.core.session.PeerLiveness.Heard;
import dev.wiremesh.core.session.PeerLiveness.State;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * The liveness of a set of peers by echo requests inside the tunnel. Owned by the control thread.
 *
 * <p>Each peer is asked once a second while it answers. When the reply of a live peer is overdue,
 * the next request follows at once, until the peer answers or is dead: 1.75 s after the last
 * answered request on a short path. The number of unanswered requests that make it dead is the same
 * as with one request a second, so that random loss does not make it dead more often.
 *
 * @param <K> the name of a peer
 */
public final class EchoLiveness<K> {
  /** Replies are accepted for so long: a round trip may take longer than the timeout. */
  private static final Duration REPLY_WITHIN = PeerLiveness.INTERVAL.multipliedBy(5);

  /**
   * A peer to ask.
   *
   * @param addresses inside the tunnel
   */
  public record Target<K>(K name, List<IpAddress> addresses) {}

  private record Asked<K>(K name, IpAddress address, MonotonicTime at) {}

  /** The state of one peer. */
  private static final class Probed {
    PeerLiveness liveness;
    EchoTimeout timeout = EchoTimeout.UNMEASURED;
    MonotonicTime askedAt;

    /** Whether the last request was neither answered nor counted as silence. */
    boolean isWaiting;

    /** Whether the reply to the request before was overdue. */
    boolean wasOverdue;

    Probed(MonotonicTime now) {
      liveness = PeerLiveness.begin(now.nanos());
      askedAt = now;
    }

    /** Whether a missing reply is followed by the next request at once. */
    boolean isUrgent() {
      return liveness.state() == State.ALIVE && liveness.answers();
    }

    MonotonicTime deadline() {
      return askedAt.plus(isUrgent() ? timeout.duration() : PeerLiveness.INTERVAL);
    }
  }

  private final LongSupplier tokens;
  private final Map<K, Probed> peers = new HashMap<>();
  private final Map<Long, Asked<K>> asked = new HashMap<>();

  /**
   * @param tokens the next token of an echo request of the network
   */
  public EchoLiveness(LongSupplier tokens) {
    this.tokens = tokens;
  }

  /** The liveness of a peer; unknown for one that is not asked. */
  public PeerLiveness of(K name, MonotonicTime now) {
    var probed = peers.get(name);
    return probed == null ? PeerLiveness.begin(now.nanos()) : probed.liveness;
  }

  /** The peers that are dead. */
  public Set<K> dead() {
    var dead = new HashSet<K>();
    peers.forEach((name, probed) -> {
      if (probed.liveness.state() == State.DEAD) {
        dead.add(name);
      }
    });
    return dead;
  }

  /** The time of the next round, beside those of each second; NEVER if no reply is awaited. */
  public MonotonicTime nextRound() {
    return peers.values().stream()
        .filter(probed -> probed.isWaiting && probed.isUrgent())
        .map(Probed::deadline)
        .min(Comparator.comparingLong(MonotonicTime::nanos))
        .orElse(MonotonicTime.NEVER);
  }

  /**
   * Evaluates the replies and the deadlines, and asks again.
   *
   * @param own addresses of this node in the network
   * @param targets the peers to ask; others are forgotten
   * @param otherPackets of the peers whose reply is overdue, those that other packets came from
   *     since the last call; it counts for those whose reply was overdue then, too
   * @return the requests to send
   */
  public List<EchoRequest> step(
      List<IpAddress> own,
      Collection<Target<K>> targets,
      ProbeRound round,
      UnaryOperator<Set<K>> otherPackets) {
    var now = round.now();
    var names = new HashSet<K>();
    targets.forEach(target -> names.add(target.name()));
    peers.keySet().retainAll(names);
    var answered = answered(round.replies(), now);
    evaluate(answered, otherPackets, now);
    var requests = new ArrayList<EchoRequest>();
    for (var target : targets) {
      var probed = peers.computeIfAbsent(target.name(), _ -> new Probed(now));
      boolean retry = probed.isUrgent() && probed.liveness.silentSteps() > 0;
      if (!probed.isWaiting && (round.regular() || retry)) {
        probed.isWaiting = true;
        probed.askedAt = now;
        request(own, target, now).ifPresent(requests::add);
      }
    }
    return requests;
  }

  private Set<K> answered(List<EchoReply> replies, MonotonicTime now) {
    var answered = new HashSet<K>();
    for (var reply : replies) {
      var request = asked.get(reply.token());
      if (request != null && request.address().equals(reply.from())) {
        asked.remove(reply.token());
        answered.add(request.name());
        var probed = peers.get(request.name());
        if (probed != null) {
          probed.timeout =
              probed.timeout.measured(
                  Duration.ofNanos(reply.receivedNanos() - request.at().nanos()));
        }
      }
    }
    var oldest = now.minus(REPLY_WITHIN);
    asked.values().removeIf(request -> request.at().isBefore(oldest));
    return answered;
  }

  private void evaluate(Set<K> answered, UnaryOperator<Set<K>> otherPackets, MonotonicTime now) {
    var overdue = new HashSet<K>();
    peers.forEach((name, probed) -> {
      if (probed.isWaiting && !answered.contains(name) && !now.isBefore(probed.deadline())) {
        overdue.add(name);
      }
    });
    var heardOtherwise = overdue.isEmpty() ? Set.<K>of() : otherPackets.apply(overdue);
    peers.forEach((name, probed) -> {
      if (answered.contains(name) || overdue.contains(name)) {
        boolean received = probed.wasOverdue && heardOtherwise.contains(name);
        probed.liveness =
            probed.liveness.step(new Heard(answered.contains(name), received), now.nanos());
        probed.wasOverdue = overdue.contains(name);
        probed.isWaiting = false;
      }
    });
  }

  private Optional<EchoRequest> request(List<IpAddress> own, Target<K> target, MonotonicTime now) {
    for (var to : target.addresses()) {
      for (var from : own) {
        if (from.family() == to.family()) {
          var request = EchoRequest.small(from, to, tokens.getAsLong());
          asked.put(request.token(), new Asked<>(target.name(), to, now));
          return Optional.of(request);
        }
      }
    }
    return Optional.empty();
  }
}
