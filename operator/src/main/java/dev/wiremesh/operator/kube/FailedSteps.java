package dev.wiremesh.operator.kube;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import io.fabric8.kubernetes.api.model.Condition;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The steps of one reconciliation that failed, by the condition that depends on them. The steps
 * after a failed one go on with the earlier result. Used by one thread.
 */
public final class FailedSteps {
  private final Reason refused;
  private final Reason error;
  private final Context<?> context;
  private final Map<ConditionType, ConditionDraft> failed = new EnumMap<>(ConditionType.class);
  private @Nullable RuntimeException first;

  /**
   * @param refused the reason where the API server refused a request
   * @param error the reason of all other failures
   */
  public FailedSteps(Reason refused, Reason error, Context<?> context) {
    this.refused = refused;
    this.error = error;
    this.context = context;
  }

  /**
   * Runs a step.
   *
   * @param condition that depends on the step
   * @param otherwise the result to go on with if the step fails
   * @throws RuntimeException that of the step, if it may pass at the next attempt
   */
  public <T> T attempt(ConditionType condition, Supplier<T> step, Supplier<T> otherwise) {
    try {
      return step.get();
    } catch (RuntimeException e) {
      if (!Failure.isTold(e, context)) {
        throw e;
      }
      add(condition, e);
      return otherwise.get();
    }
  }

  /** Runs a step without a result. */
  public void attempt(ConditionType condition, Runnable step) {
    attempt(
        condition,
        () -> {
          step.run();
          return true;
        },
        () -> false);
  }

  private void add(ConditionType condition, RuntimeException failure) {
    failed.putIfAbsent(condition, draft(failure).as(condition));
    if (first == null) {
      first = failure;
    }
  }

  private ConditionDraft draft(RuntimeException thrown) {
    var failure = Failure.of(thrown);
    return ConditionDraft.of(failure.refused() ? refused : error, failure.message());
  }

  /** Lets a condition follow from another one, if the step of that one failed. */
  public void follow(ConditionType condition, ConditionType from) {
    var failure = failed.get(from);
    if (failure != null) {
      failed.putIfAbsent(condition, failure.as(condition));
    }
  }

  /** The drafts with the failures in their conditions, and Ready accordingly. */
  public List<ConditionDraft> in(List<ConditionDraft> drafts) {
    if (failed.isEmpty()) {
      return drafts;
    }
    var missing = new EnumMap<>(failed);
    var all = new ArrayList<ConditionDraft>();
    for (var draft : drafts) {
      if (draft.type() != ConditionType.READY) {
        var failure = missing.remove(draft.type());
        all.add(failure == null ? draft : failure);
      }
    }
    all.addAll(missing.values());
    all.sort(Comparator.comparing(ConditionDraft::type));
    drafts.stream()
        .filter(draft -> draft.type() == ConditionType.READY)
        .findFirst()
        .ifPresent(ready -> all.add(Conditions.summary(all, ready)));
    return all;
  }

  /**
   * The conditions that were written last and that no draft replaces: those of steps that were not
   * run, since one before them failed.
   *
   * @param now the conditions that are about to be written
   */
  public List<Condition> notRun(List<Condition> before, List<Condition> now) {
    return failed.isEmpty()
        ? List.of()
        : before.stream()
            .filter(old -> now.stream().noneMatch(one -> one.getType().equals(old.getType())))
            .toList();
  }

  /**
   * To be called when the status is written.
   *
   * @throws ReportedFailureException if a step failed
   */
  public void retry() {
    if (first != null) {
      throw new ReportedFailureException(first);
    }
  }
}
