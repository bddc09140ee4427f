package dev.wiremesh.api.conditions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConditionsTest {
  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00.123Z");
  private static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");
  private static final ConditionDraft WAITING =
      ConditionDraft.of(Reason.PEER_PROGRAMMED_WAITING, "The gateway a is not programmed yet.");
  private static final ConditionDraft FAILED =
      ConditionDraft.of(Reason.PEER_AGENT_ERROR, "The gateway a reports: no.");
  private static final ConditionDraft PROGRAMMED =
      ConditionDraft.of(Reason.PEER_PROGRAMMED, "The gateway a lets the peer in.");
  private static final ConditionDraft READY = ConditionDraft.of(Reason.PEER_READY, "Done.");

  @Test
  void reasonSaysTypeAndStatus() {
    var condition = WAITING.since(THEN, 7);

    assertThat(condition.getType()).isEqualTo("Programmed");
    assertThat(condition.getStatus()).isEqualTo("False");
    assertThat(condition.getReason()).isEqualTo("Waiting");
    assertThat(condition.getMessage()).isEqualTo("The gateway a is not programmed yet.");
    assertThat(condition.getObservedGeneration()).isEqualTo(7);
    assertThat(condition.getLastTransitionTime()).isEqualTo("2026-01-01T00:00:00Z");
  }

  @Test
  void transitionTimeIsKeptWhileTheStatusIsTheSame() {
    var before = Conditions.of(List.of(WAITING), List.of(), 1, THEN);

    assertThat(Conditions.of(List.of(FAILED), before, 2, NOW))
        .extracting(Condition::getLastTransitionTime)
        .containsExactly("2026-01-01T00:00:00Z");
  }

  @Test
  void transitionTimeIsNowWhenTheStatusChanges() {
    var before = Conditions.of(List.of(WAITING), List.of(), 1, THEN);

    assertThat(Conditions.of(List.of(PROGRAMMED), before, 2, NOW))
        .extracting(Condition::getLastTransitionTime)
        .containsExactly("2026-01-01T01:00:00Z");
  }

  @Test
  void readyRepeatsTheFirstDraftThatIsNotTrue() {
    var summary = Conditions.summary(List.of(PROGRAMMED, FAILED, WAITING), READY);

    assertThat(summary.type()).isEqualTo(ConditionType.READY);
    assertThat(summary.isTrue()).isFalse();
    assertThat(summary.reason()).isEqualTo(Reason.PEER_AGENT_ERROR);
    assertThat(summary.message()).isEqualTo(FAILED.message());
  }

  @Test
  void readyIsTrueWhenAllDraftsAre() {
    assertThat(Conditions.summary(List.of(PROGRAMMED), READY)).isEqualTo(READY);
  }

  @Test
  void messageIsShortenedToTheSchemasLimit() {
    var condition = ConditionDraft.of(Reason.PEER_AGENT_ERROR, "x".repeat(2000)).since(THEN, 1);

    assertThat(condition.getMessage()).hasSize(1024).endsWith("x…");
  }
}
