package dev.wiremesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

final class ObjectNamesTest {
  @Test
  void nameThatFitsIsLeftAlone() {
    assertThat(ObjectNames.fitting("n".repeat(63), 63)).isEqualTo("n".repeat(63));
  }

  @Test
  void longNamesStayApartWhateverTheyBeginWith() {
    var seen = new HashSet<String>();
    for (char last = 'a'; last <= 'z'; last++) {
      var fitting = ObjectNames.fitting("n".repeat(252) + last, 63);
      assertThat(fitting).hasSize(63).matches("n{52}-[0-9a-f]{10}");
      seen.add(fitting);
    }
    assertThat(seen).hasSize(26);
  }

  @Test
  void shortenedNameIsTheSameInEveryVersion() {
    assertThat(ObjectNames.fitting("a-node-with-a-very-long-name.example.com", 30))
        .isEqualTo("a-node-with-a-very-9e67f5b2d3");
  }

  @Test
  void noDotOrDashStandsBeforeTheDigest() {
    assertThat(ObjectNames.fitting("abcd.-.-efghijklmnopqrst", 18)).matches("abcd-[0-9a-f]{10}");
  }
}
