package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes Events, on transitions only. An Event that cannot be written stops nothing. */
public final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);
  private static final String COMPONENT = "wiremesh-operator";
  private static final int LONGEST_MESSAGE = 1024;

  /** Reasons that are a state on the way, not something that went wrong. */
  private static final Set<String> ON_THE_WAY = Set.of("Waiting", "Suspended");

  private final KubernetesClient client;
  private final String instance;
  private final Clock clock;

  /**
   * @param instance which of the operator's replicas this is
   */
  public Events(KubernetesClient client, String instance, Clock clock) {
    this.client = client;
    this.instance = instance;
    this.clock = clock;
  }

  /** Tells of it if Ready, or why it is not, has changed. */
  public void readyChanged(HasMetadata about, List<Condition> before, List<Condition> after) {
    var now = Conditions.find(after, Conditions.READY);
    var then = Conditions.find(before, Conditions.READY);
    if (now.isEmpty()
        || now.get().getStatus().equals("Unknown")
        || then.isPresent()
            && then.get().getStatus().equals(now.get().getStatus())
            && then.get().getReason().equals(now.get().getReason())) {
      return;
    }
    var condition = now.get();
    boolean fine =
        condition.getStatus().equals("True") || ON_THE_WAY.contains(condition.getReason());
    LOG.atInfo()
        .addKeyValue("kind", about.getKind())
        .addKeyValue("name", name(about))
        .addKeyValue("ready", condition.getStatus())
        .addKeyValue("reason", condition.getReason())
        .log("Readiness changed");
    write(about, fine ? "Normal" : "Warning", condition.getReason(), condition.getMessage());
  }

  public void normal(HasMetadata about, String reason, String message) {
    write(about, "Normal", reason, message);
  }

  public void warning(HasMetadata about, String reason, String message) {
    write(about, "Warning", reason, message);
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
          .log("An Event could not be written");
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
