package dev.wiremesh.api.contract;

import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class ReasonTest {
  @Test
  void wordMeansOneThingInACondition() {
    assertThat(
            Arrays.stream(Reason.values())
                .collect(
                    groupingBy(
                        reason -> reason.kind().text() + " " + reason.type() + " " + reason.text()))
                .values())
        .allSatisfy(reasons -> assertThat(reasons).hasSize(1));
  }

  @Test
  void wordsAreWhatTheApiServerTakesForAReason() {
    assertThat(Reason.values())
        .allSatisfy(reason -> assertThat(reason.text()).matches("[A-Z][A-Za-z]{1,63}"));
  }

  @Test
  void everythingThatIsNotTrueSaysWhatToDo() {
    assertThat(Reason.values())
        .filteredOn(reason -> reason.status() != ConditionStatus.TRUE)
        .allSatisfy(reason -> assertThat(reason.advice()).isNotEmpty());
  }

  @Test
  void everyKindHasAReady() {
    assertThat(Reason.values())
        .filteredOn(reason -> reason.type() == ConditionType.READY)
        .extracting(Reason::kind)
        .contains(Reason.Kind.values());
  }
}
