package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Handshakes and sessions on a cable in their order, read from a capture that is complete. */
final class Rekeys {
  /** Of data that was under way, or just being sealed, when the next session came. */
  private static final int STRAGGLERS = 10;

  private final List<Wire.Message> messages;

  Rekeys(Wire wire) {
    messages = wire.messages();
  }

  /**
   * After the first packet under a session, its sender uses the one before only for packets that
   * were being sealed, and older ones not at all.
   */
  void assertOneSessionAfterTheOther(String address) {
    var sent = messages.stream().filter(Wire.from(address, Wire.DATA)).toList();
    var sessions = sent.stream().map(Wire.Message::session).distinct().toList();
    for (int i = 1; i < sessions.size(); i++) {
      var since = sent.subList(indexOf(sent, sessions.get(i)), sent.size());
      int last = sessions.get(i - 1);
      var done = Set.copyOf(sessions.subList(0, i - 1));
      assertThat(since)
          .as("data from %s since session %08x", address, sessions.get(i))
          .noneMatch(message -> done.contains(message.session()))
          .filteredOn(message -> message.session() == last)
          .hasSizeLessThanOrEqualTo(STRAGGLERS);
    }
  }

  /** A responder uses a new session only after the initiator has used it. */
  void assertFollowed(String initiator, String responder) {
    var data = messages.stream().filter(message -> message.type() == Wire.DATA).toList();
    var former = new HashSet<Integer>();
    for (var response : messages.stream().filter(Wire.from(responder, Wire.RESPONSE)).toList()) {
      int used = indexOf(data, response.sender());
      if (used >= 0) {
        assertThat(data.subList(used, data.size()))
            .as("data under former sessions, since %s has used %s", initiator, response)
            .filteredOn(message -> message.isFrom(responder) && former.contains(message.session()))
            .hasSizeLessThanOrEqualTo(STRAGGLERS);
      }
      former.add(response.receiver());
    }
  }

  /** The median of the times from the first data under a session to the first under the next. */
  Duration usualLife(String address) {
    var begun = new ArrayList<Instant>();
    var sessions = new HashSet<Integer>();
    for (var message : messages) {
      if (Wire.from(address, Wire.DATA).test(message) && sessions.add(message.session())) {
        begun.add(message.at());
      }
    }
    var lives = new ArrayList<Duration>();
    for (int i = 1; i < begun.size(); i++) {
      lives.add(Duration.between(begun.get(i - 1), begun.get(i)));
    }
    return lives.stream().sorted().toList().get(lives.size() / 2);
  }

  private static int indexOf(List<Wire.Message> data, int session) {
    return data.stream().map(Wire.Message::session).toList().indexOf(session);
  }
}
