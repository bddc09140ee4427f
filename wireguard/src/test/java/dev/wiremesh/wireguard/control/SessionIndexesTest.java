package dev.wiremesh.wireguard.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.junit.Scenario;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionIndexesTest {
  @Test
  @Scenario("An index that is in use is not given out again")
  void indexInUseIsNotGivenOutAgain() {
    var numbers = new ArrayDeque<>(List.of(5L, 5L, 6L));
    var fixture = new SessionFixture(() -> numbers.remove() << 32);
    var session = fixture.session();
    assertThat(session.localIndex()).isEqualTo(5);
    fixture.peer.keypairs.adoptAsInitiator(session);
    assertThat(fixture.indexes.newIndex()).isEqualTo(6);
  }

  @Test
  void peerIsFoundByTheIndexOfItsSessionUntilTheSessionIsDropped() {
    var fixture = new SessionFixture(new Random(1));
    var session = fixture.session();
    fixture.peer.keypairs.adoptAsInitiator(session);
    assertThat(fixture.indexes.peerOf(session.localIndex())).isSameAs(fixture.peer);
    fixture.peer.keypairs.drop();
    assertThat(fixture.indexes.peerOf(session.localIndex())).isNull();
    assertThat(fixture.state.sessions.size()).isZero();
  }
}
