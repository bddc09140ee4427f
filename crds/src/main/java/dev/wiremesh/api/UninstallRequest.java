package dev.wiremesh.api;

import io.fabric8.kubernetes.api.model.ConfigMap;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The ConfigMap by which the chart's job asks every agent to clean its node, in two steps: each
 * agent first checks that it can, and nothing is removed until all of them can. Each agent answers
 * with a line under the name of its node.
 *
 * <p>It exists only while the job waits, and holds its own expiry, so that one left behind by a
 * killed job has no effect. One whose second step failed stays, as cancelled, so that agents that
 * have cleaned their node make the mesh again.
 */
public final class UninstallRequest {
  public static final String NAME = "wiremesh-uninstall";

  /** Beginning of the line of an agent that can clean its node. */
  public static final String READY = "ready";

  /** Beginning of the line of an agent that cannot clean its node, and changed nothing. */
  public static final String NOT_READY = "not ready: ";

  /** Beginning of the line of an agent whose node is clean. */
  public static final String CLEAN = "clean";

  /** Not in any node name: the admission policy lets an agent write its node's line only. */
  private static final String OURS = "_";

  /** An agent of a release without the first step ignores this key, and so changes nothing. */
  private static final String CHECK_UNTIL = OURS + "checkUntil";

  private static final String UNTIL = OURS + "until";
  private static final String CANCELLED = OURS + "cancelled";

  /** The step that a request is in. */
  public enum Step {
    CHECK,
    CLEAN,
    CANCELLED
  }

  private UninstallRequest() {}

  /** The content of a request to check, which expires at a time. */
  public static Map<String, String> checkingUntil(Instant moment) {
    return Map.of(CHECK_UNTIL, moment.toString());
  }

  /** The content of a request to clean, which expires at a time. */
  public static Map<String, String> askingUntil(Instant moment) {
    return Map.of(UNTIL, moment.toString());
  }

  /** The content of a request that failed after agents were asked to clean. */
  public static Map<String, String> cancelled() {
    return Map.of(CANCELLED, "true");
  }

  /** The step of a request; one with unknown content is one to clean that has no effect. */
  public static Step step(ConfigMap mark) {
    var data = data(mark);
    if (data.containsKey(CANCELLED)) {
      return Step.CANCELLED;
    }
    return data.containsKey(UNTIL) || !data.containsKey(CHECK_UNTIL) ? Step.CLEAN : Step.CHECK;
  }

  /** The expiry of the request's step; empty if it has none, and so has no effect. */
  public static Optional<Instant> until(ConfigMap mark) {
    var text = data(mark).get(step(mark) == Step.CHECK ? CHECK_UNTIL : UNTIL);
    try {
      return Optional.ofNullable(text).map(Instant::parse);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Whether two versions of a request differ in the agents' lines alone. */
  public static boolean isSame(ConfigMap before, ConfigMap after) {
    return before.getMetadata().getUid().equals(after.getMetadata().getUid())
        && ofTheJob(before).equals(ofTheJob(after));
  }

  private static Map<String, String> ofTheJob(ConfigMap mark) {
    return data(mark).entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(OURS))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static Map<String, String> data(ConfigMap mark) {
    var data = mark.getData();
    return data == null ? Map.of() : data;
  }
}
