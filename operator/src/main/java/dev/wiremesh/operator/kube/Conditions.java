package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Verdicts turned into conditions; a transition's time is kept for as long as the status is. */
public final class Conditions {
  public static final String READY = "Ready";

  private Conditions() {}

  public static Optional<Condition> find(List<Condition> conditions, String type) {
    return conditions.stream().filter(it -> type.equals(it.getType())).findFirst();
  }

  public static boolean isTrue(List<Condition> conditions, String type) {
    return find(conditions, type).filter(it -> "True".equals(it.getStatus())).isPresent();
  }

  /**
   * The verdicts as conditions, and Ready behind them: True when all of them are, else with the
   * reason and message of the first that is not.
   */
  public static List<Condition> of(
      List<ConditionDraft> verdicts, List<Condition> before, long generation, Clock clock) {
    var all = new ArrayList<>(verdicts);
    all.add(ready(verdicts));
    return all.stream().map(verdict -> condition(verdict, before, generation, clock)).toList();
  }

  private static ConditionDraft ready(List<ConditionDraft> verdicts) {
    return verdicts.stream()
        .filter(verdict -> verdict.state() != ConditionDraft.State.TRUE)
        .findFirst()
        .map(first -> new ConditionDraft(READY, first.state(), first.reason(), first.message()))
        .orElseGet(() -> ConditionDraft.yes(READY, READY, "All that Wiremesh has to do is done."));
  }

  private static Condition condition(
      ConditionDraft verdict, List<Condition> before, long generation, Clock clock) {
    var status = verdict.state().text();
    var since =
        find(before, verdict.type())
            .filter(it -> status.equals(it.getStatus()))
            .map(Condition::getLastTransitionTime)
            .orElseGet(() -> clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
    return new ConditionBuilder()
        .withType(verdict.type())
        .withStatus(status)
        .withReason(verdict.reason())
        .withMessage(verdict.message())
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }
}
