package dev.wiremesh.api.conditions;

import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads conditions, and makes them from drafts. */
public final class Conditions {
  private Conditions() {}

  public static Optional<Condition> find(List<Condition> conditions, ConditionType type) {
    return conditions.stream().filter(condition -> isOf(condition, type)).findFirst();
  }

  public static boolean isTrue(List<Condition> conditions, ConditionType type) {
    return find(conditions, type)
        .filter(condition -> has(condition, ConditionStatus.TRUE))
        .isPresent();
  }

  /** Whether the condition that the reason belongs to has this reason. */
  public static boolean has(List<Condition> conditions, Reason reason) {
    return find(conditions, reason.type())
        .filter(condition -> reason.text().equals(condition.getReason()))
        .isPresent();
  }

  public static boolean isOf(Condition condition, ConditionType type) {
    return type.text().equals(condition.getType());
  }

  public static boolean has(Condition condition, ConditionStatus status) {
    return status.text().equals(condition.getStatus());
  }

  /** Ready: the first draft that is not True, else {@code ready}. */
  public static ConditionDraft summary(List<ConditionDraft> drafts, ConditionDraft ready) {
    return drafts.stream()
        .filter(draft -> !draft.isTrue())
        .findFirst()
        .map(draft -> draft.as(ConditionType.READY))
        .orElse(ready);
  }

  /**
   * The drafts as conditions. A condition keeps its transition time for as long as its status stays
   * the same.
   *
   * @param before the conditions that were written last, of which only type, status and transition
   *     time count
   */
  public static List<Condition> of(
      List<ConditionDraft> drafts, List<Condition> before, long generation, Instant now) {
    return drafts.stream()
        .map(draft -> draft.since(transitionTime(draft, before, now), generation))
        .toList();
  }

  /** The conditions with one of them replaced, or added. */
  public static List<Condition> with(List<Condition> conditions, Condition one) {
    return Stream.concat(
            conditions.stream().filter(other -> !other.getType().equals(one.getType())),
            Stream.of(one))
        .toList();
  }

  private static String transitionTime(ConditionDraft draft, List<Condition> before, Instant now) {
    return find(before, draft.type())
        .filter(condition -> has(condition, draft.status()))
        .map(Condition::getLastTransitionTime)
        .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
  }
}
