package dev.wiremesh.core.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.group.GroupChoice.Candidate;
import dev.wiremesh.core.session.PeerLiveness;
import dev.wiremesh.core.session.PeerLiveness.Heard;
import dev.wiremesh.core.session.PeerLiveness.State;
import dev.wiremesh.core.view.PeerName;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupChoiceTest {
  private static final long SECOND = 1_000_000_000L;

  /**
   * A member is its state: Unknown, Alive, Stable (alive for long enough) or Dead; oldest first.
   */
  @ParameterizedTest
  @CsvSource({
    "U U,    , 0",
    "A A,    , 0",
    "D A,    , 1",
    "D U,    , 1",
    "U A,    , 1",
    "D D,    , 0",
    "A S,    , 1",
    "A A,   1, 1",
    "S A,   1, 0",
    "S S,   1, 0",
    "S U,   1, 0",
    "S D,   1, 0",
    "A D,   1, 0",
    "U D,   1, 0",
    "D D,   1, 1",
    "D A,   0, 1",
    "D U U, 0, 1",
    "D A S, 0, 2",
    "D A A, 0, 1",
    "D D A, 0, 2",
    "D S A, 2, 1",
    "U A A, 0, 0",
    "S S S, 0, 0",
  })
  void activeMemberFollowsFromStatesAndThePreviousOne(
      String states, Integer previous, int expected) {
    var candidates = new ArrayList<Candidate>();
    for (var state : states.split(" ")) {
      candidates.add(
          new Candidate(
              name(candidates.size()),
              switch (state) {
                case "U" -> State.UNKNOWN;
                case "D" -> State.DEAD;
                default -> State.ALIVE;
              },
              state.equals("S")));
    }
    assertThat(GroupChoice.choose(candidates, previous == null ? null : name(previous)))
        .isEqualTo(name(expected));
  }

  @Test
  void previousMemberThatLeftTheGroupIsReplaced() {
    var candidates = List.of(new Candidate(name(1), State.UNKNOWN, false));
    assertThat(GroupChoice.choose(candidates, name(0))).isEqualTo(name(1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void liveMemberIsActiveFourStepsAfterTheActiveOneDied(long seed) {
    var random = new Random(seed);
    int count = 2 + random.nextInt(3);
    boolean[] up = new boolean[count];
    int[] sameFor = new int[count];
    var members = new PeerLiveness[count];
    for (int i = 0; i < count; i++) {
      up[i] = true;
      members[i] = PeerLiveness.begin(0);
    }
    var active = name(0);
    for (int second = 1; second < 3000; second++) {
      for (int i = 0; i < count; i++) {
        boolean turns = random.nextInt(60) == 0;
        up[i] ^= turns;
        sameFor[i] = turns ? 0 : sameFor[i] + 1;
        members[i] = members[i].step(new Heard(up[i], false), second * SECOND);
      }
      active = choose(members, active, second * SECOND);
      int chosen = Integer.parseInt(active.name());
      boolean anotherWasUp =
          IntStream.range(0, count).anyMatch(i -> i != chosen && up[i] && sameFor[i] >= 4);
      assertThat(!up[chosen] && sameFor[chosen] >= 4 && anotherWasUp)
          .as("seed %d, second %d: a dead member is active", seed, second)
          .isFalse();
    }
  }

  @Test
  void flappingMemberTakesOverLessAndLessOften() {
    var members = new PeerLiveness[] {PeerLiveness.begin(0), PeerLiveness.begin(0)};
    var active = name(0);
    var switches = new ArrayList<Integer>();
    for (int second = 1; second <= 3600; second++) {
      boolean firstIsUp = second % 100 < 90;
      members[0] = members[0].step(new Heard(firstIsUp, false), second * SECOND);
      members[1] = members[1].step(new Heard(true, false), second * SECOND);
      var now = choose(members, active, second * SECOND);
      if (!now.equals(active)) {
        switches.add(second);
      }
      active = now;
    }
    assertThat(switches).hasSizeLessThanOrEqualTo(6);
    assertThat(active).isEqualTo(name(1));
  }

  private static PeerName choose(PeerLiveness[] members, PeerName active, long now) {
    return GroupChoice.choose(
        IntStream.range(0, members.length)
            .mapToObj(i -> new Candidate(name(i), members[i].state(), members[i].isStable(now)))
            .toList(),
        active);
  }

  private static PeerName name(int index) {
    return new PeerName("office", String.valueOf(index));
  }
}
