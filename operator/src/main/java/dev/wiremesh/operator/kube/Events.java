package dev.wiremesh.operator.kube;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.EventReason;
import dev.wiremesh.api.contract.FieldManagers;
import dev.wiremesh.api.contract.Reason;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Events, on transitions only. A Warning is delayed: an object that has just been created is
 * not ready for a moment, and needs none. A failure to write an Event is logged and ignored.
 * Thread-safe.
 */
public final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);
  private static final String COMPONENT = FieldManagers.OPERATOR;
  private static final int LONGEST_MESSAGE = 1024;

  /** The longest time until the next leader has reconciled every object. */
  private static final Duration CHANGE_OF_LEADER = Duration.ofMinutes(2);

  /** Reasons of a state that passes or is wanted: no Warning. */
  private static final Set<String> NO_WARNING =
      Set.of(Reason.PEER_PROGRAMMED_WAITING.text(), Reason.PEER_SUSPENDED.text());

  private final KubernetesClient client;
  private final String instance;
  private final Clock clock;
  private final Duration patience;

  /**
   * A Warning that is not due yet.
   *
   * @param wasFine whether the object was fine before
   */
  private record Pending(HasMetadata about, Condition condition, Instant since, boolean wasFine) {}

  /** By the object's uid. */
  private final Map<String, Pending> pending = new ConcurrentHashMap<>();

  /** The reason of the last Warning, by the object's uid. */
  private final Map<String, String> warned = new ConcurrentHashMap<>();

  /** The uids of the objects that this replica has reconciled. */
  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  /**
   * @param instance the name of this replica
   * @param patience the delay of Warnings
   */
  public Events(KubernetesClient client, String instance, Clock clock, Duration patience) {
    this.client = client;
    this.instance = instance;
    this.clock = clock;
    this.patience = patience;
  }

  /** Writes an Event, now or after the delay, if the status or the reason of Ready has changed. */
  public void readyChanged(HasMetadata about, List<Condition> before, List<Condition> after) {
    changed(about, ConditionType.READY, before, after);
  }

  /**
   * Writes an Event, now or after the delay, if the status or the reason of a condition has
   * changed.
   *
   * @param before the conditions that the object has
   * @param after those that were written, or that the API server refused to take
   */
  public void changed(
      HasMetadata about, ConditionType type, List<Condition> before, List<Condition> after) {
    var now = Conditions.find(after, type);
    var then = Conditions.find(before, type);
    var uid = about.getMetadata().getUid();
    boolean first = seen.add(uid);
    if (now.isEmpty() || Conditions.has(now.get(), ConditionStatus.UNKNOWN)) {
      pending.remove(uid);
      warned.remove(uid);
      return;
    }
    if (then.isPresent()
        && then.get().getStatus().equals(now.get().getStatus())
        && then.get().getReason().equals(now.get().getReason())) {
      if (isFine(now.get())) {
        // The problem is over, although no status with it could be written.
        pending.remove(uid);
        warned.remove(uid);
      } else if (first) {
        inherit(about, now.get());
      }
      return;
    }
    var condition = now.get();
    if (isRepeated(uid, condition)) {
      return;
    }
    LOG.atInfo()
        .addKeyValue("kind", about.getKind())
        .addKeyValue("name", name(about))
        .addKeyValue("ready", condition.getStatus())
        .addKeyValue("reason", condition.getReason())
        .log("Readiness changed");
    warned.remove(uid);
    if (isFine(condition)) {
      var passed = pending.remove(uid);
      boolean isNews = then.filter(Events::isSilence).isEmpty();
      if (isNews && passed == null || passed != null && !passed.wasFine()) {
        write(about, "Normal", condition.getReason(), condition.getMessage());
      }
    } else {
      boolean wasFine = then.filter(Events::isFine).isPresent();
      pending.compute(
          uid,
          (id, known) ->
              new Pending(
                  about,
                  condition,
                  known == null ? clock.instant() : known.since(),
                  known == null ? wasFine : known.wasFine()));
    }
  }

  /**
   * Whether a Warning of this reason is pending or written. The API server may refuse the condition
   * itself; each attempt then finds the one before it.
   */
  private boolean isRepeated(String uid, Condition condition) {
    var waiting = pending.get(uid);
    return condition.getReason().equals(warned.get(uid))
        || waiting != null && condition.getReason().equals(waiting.condition().getReason());
  }

  /** Whether the condition says that it was not known, since an agent was silent. */
  private static boolean isSilence(Condition condition) {
    return Conditions.has(condition, ConditionStatus.UNKNOWN)
        && Reason.PEER_AGENT_SILENT.text().equals(condition.getReason());
  }

  /**
   * Takes over a Warning that the previous leader may not have written. If it did, the Event comes
   * twice, which does no harm.
   */
  private void inherit(HasMetadata about, Condition condition) {
    var since = since(condition);
    if (!isFine(condition)
        && since.isAfter(clock.instant().minus(patience).minus(CHANGE_OF_LEADER))) {
      pending.put(about.getMetadata().getUid(), new Pending(about, condition, since, false));
    }
  }

  private static Instant since(Condition condition) {
    try {
      return Instant.parse(condition.getLastTransitionTime());
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }

  private static boolean isFine(Condition ready) {
    return Conditions.has(ready, ConditionStatus.TRUE) || NO_WARNING.contains(ready.getReason());
  }

  /** Writes the Warnings that are due; to be called every few seconds. */
  public void warn() {
    var latest = clock.instant().minus(patience);
    pending.forEach((uid, warning) -> {
      if (!warning.since().isAfter(latest) && pending.remove(uid, warning)) {
        var condition = warning.condition();
        warned.put(uid, condition.getReason());
        write(warning.about(), "Warning", condition.getReason(), condition.getMessage());
      }
    });
  }

  /** Drops the pending Warning of an object that is gone. */
  public void forget(HasMetadata gone) {
    pending.remove(gone.getMetadata().getUid());
    seen.remove(gone.getMetadata().getUid());
    warned.remove(gone.getMetadata().getUid());
  }

  /** Writes an Event that is not about a change of Ready. */
  public void write(HasMetadata about, EventReason reason, String message) {
    write(about, reason.eventType(), reason.text(), message);
  }

  private void write(HasMetadata about, String type, String reason, String message) {
    var namespace =
        about.getMetadata().getNamespace() == null ? "default" : about.getMetadata().getNamespace();
    var now = clock.instant();
    var seconds = now.truncatedTo(ChronoUnit.SECONDS).toString();
    var event =
        new EventBuilder()
            .withNewMetadata()
            .withGenerateName(shortened(about.getMetadata().getName()) + ".")
            .withNamespace(namespace)
            .endMetadata()
            .withNewInvolvedObject()
            .withApiVersion(about.getApiVersion())
            .withKind(about.getKind())
            .withNamespace(about.getMetadata().getNamespace())
            .withName(about.getMetadata().getName())
            .withUid(about.getMetadata().getUid())
            .endInvolvedObject()
            .withType(type)
            .withReason(reason)
            .withMessage(
                message.length() <= LONGEST_MESSAGE
                    ? message
                    : message.substring(0, LONGEST_MESSAGE))
            .withFirstTimestamp(seconds)
            .withLastTimestamp(seconds)
            .withCount(1)
            .withNewSource()
            .withComponent(COMPONENT)
            .endSource()
            .withReportingComponent(COMPONENT)
            .withReportingInstance(instance)
            .build();
    try {
      client.v1().events().inNamespace(namespace).resource(event).create();
    } catch (KubernetesClientException e) {
      LOG.atWarn()
          .addKeyValue("kind", about.getKind())
          .addKeyValue("name", name(about))
          .addKeyValue("reason", reason)
          .setCause(e)
          .log("Cannot write an Event");
    }
  }

  private static String shortened(String name) {
    return name.length() <= 200 ? name : name.substring(0, 200);
  }

  private static String name(HasMetadata about) {
    var namespace = about.getMetadata().getNamespace();
    return (namespace == null ? "" : namespace + "/") + about.getMetadata().getName();
  }
}
