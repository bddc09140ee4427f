package dev.wiremesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.operator.peer.HomeGateway.Candidate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class HomeGatewayTest {
  private static final Candidate A = new Candidate("a", false, true);
  private static final Candidate B = new Candidate("b", false, true);
  private static final Candidate C = new Candidate("c", false, true);

  @Test
  void staysForAsLongAsItIsAGateway() {
    var unready = new Candidate("b", false, false);

    assertThat(HomeGateway.choose("uid", "b", List.of(A, unready, C))).contains("b");
    assertThat(HomeGateway.choose("uid", "b", List.of(A))).contains("a");
    assertThat(HomeGateway.choose("uid", "b", List.of())).isEmpty();
  }

  @Test
  void orderOfCandidatesMeansNothing() {
    var candidates = new ArrayList<>(List.of(A, B, C));
    var choice = HomeGateway.choose("uid", null, candidates);
    Collections.shuffle(candidates, new Random(1));

    assertThat(HomeGateway.choose("uid", null, candidates)).isEqualTo(choice);
  }

  @Test
  void peersSpreadAndANewGatewayDrawsOnlyItsShare() {
    Map<String, Integer> perGateway = new HashMap<>();
    for (int i = 0; i < 3000; i++) {
      var of = HomeGateway.choose("uid-" + i, null, List.of(A, B, C)).orElseThrow();
      perGateway.merge(of, 1, Integer::sum);
      if (!of.equals("c")) {
        assertThat(HomeGateway.choose("uid-" + i, null, List.of(A, B))).contains(of);
      }
    }
    assertThat(perGateway.values())
        .hasSize(3)
        .allSatisfy(it -> assertThat(it).isBetween(800, 1200));
  }

  @Test
  void readyOnesComeFirst() {
    var unready = new Candidate("a", false, false);

    for (int i = 0; i < 20; i++) {
      assertThat(HomeGateway.choose("uid-" + i, null, List.of(unready, B))).contains("b");
    }
  }

  @Test
  void gatewayWithTheDialledAddressIsHome() {
    var dialled = new Candidate("c", true, false);

    assertThat(HomeGateway.choose("uid", "a", List.of(A, B, dialled))).contains("c");
  }
}
