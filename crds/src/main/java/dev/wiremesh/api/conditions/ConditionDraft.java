package dev.wiremesh.api.conditions;

import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A condition that has been judged: all of it but its generation and its transition time, which
 * {@link Conditions} adds.
 *
 * @param message a whole sentence that names the other object
 */
public record ConditionDraft(
    ConditionType type, ConditionStatus status, Reason reason, String message) {
  private static final int LONGEST_MESSAGE = 1024;

  /** The condition, with the type and the status that the reason belongs to. */
  public static ConditionDraft of(Reason reason, String message) {
    return new ConditionDraft(reason.type(), reason.status(), reason, message);
  }

  /** The same status, reason and message in another condition, which follows from this one. */
  public ConditionDraft as(ConditionType other) {
    return new ConditionDraft(other, status, reason, message);
  }

  public boolean isTrue() {
    return status == ConditionStatus.TRUE;
  }

  /** The condition, with a transition time that is known. */
  public Condition since(Instant since, long generation) {
    return since(since.truncatedTo(ChronoUnit.SECONDS).toString(), generation);
  }

  Condition since(String since, long generation) {
    return new ConditionBuilder()
        .withType(type.text())
        .withStatus(status.text())
        .withReason(reason.text())
        .withMessage(shortened(message))
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }

  /** The schema refuses a longer message, and the whole status with it. */
  private static String shortened(String text) {
    return text.length() <= LONGEST_MESSAGE ? text : text.substring(0, LONGEST_MESSAGE - 1) + "…";
  }
}
