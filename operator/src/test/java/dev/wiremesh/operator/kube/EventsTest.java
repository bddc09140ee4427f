package dev.wiremesh.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Events about objects that are not ready: which ones, and when. */
@RequiresKubernetes
final class EventsTest {
  private static final String HERE = "events";

  private final KubernetesClient client;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Clock clock = ((InstantSource) () -> now).withZone(ZoneOffset.UTC);
  private Events events;
  private final ConfigMap object =
      new ConfigMapBuilder()
          .withNewMetadata()
          .withNamespace(HERE)
          .withName("it")
          .withUid("6f1c0e04-9a2a-4d6b-8d0e-2f5f6b0f0001")
          .endMetadata()
          .build();
  private List<Condition> before = List.of();

  EventsTest(ControlPlane controlPlane) {
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    client = new KubernetesClientBuilder().withConfig(config).build();
    events = newEvents();
  }

  private Events newEvents() {
    return new Events(client, "test", clock, Duration.ofSeconds(30));
  }

  @BeforeEach
  void namespace() {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(HERE).endMetadata().build())
        .serverSideApply();
  }

  @AfterEach
  void tearDown() {
    client.v1().events().inNamespace(HERE).delete();
    client.close();
  }

  @Test
  void problemShorterThanTheDelayIsNoWarning() {
    ready(ConditionDraft.of(Reason.PEER_ENDPOINT_UNKNOWN, "No address yet."));
    passes(29);
    ready(ConditionDraft.of(Reason.PEER_ACCEPTED, "Fine."));
    passes(60);
    assertThat(written()).containsExactly("Normal Ready");
  }

  @Test
  void problemThatLastsIsOneWarning() {
    ready(ConditionDraft.of(Reason.PEER_ENDPOINT_UNKNOWN, "No address."));
    passes(20);
    ready(ConditionDraft.of(Reason.PEER_NO_GATEWAY, "None."));
    passes(9);
    assertThat(written()).isEmpty();
    passes(1);
    passes(300);
    assertThat(written()).containsExactly("Warning NoGateway");
  }

  @Test
  void returnToReadyWithinTheDelayIsNoEvent() {
    ready(ConditionDraft.of(Reason.PEER_ACCEPTED, "Fine."));
    ready(ConditionDraft.of(Reason.PEER_AGENT_ERROR, "No."));
    passes(5);
    ready(ConditionDraft.of(Reason.PEER_ACCEPTED, "Fine."));
    passes(60);
    assertThat(written()).containsExactly("Normal Ready");
  }

  @Test
  void nextLeaderWritesThePendingWarning() {
    ready(ConditionDraft.of(Reason.PEER_NO_GATEWAY, "None."));
    passes(20);
    anotherLeads();
    ready(ConditionDraft.of(Reason.PEER_NO_GATEWAY, "None."));
    passes(9);
    assertThat(written()).isEmpty();
    passes(1);
    passes(300);
    ready(ConditionDraft.of(Reason.PEER_NO_GATEWAY, "None."));
    passes(60);
    assertThat(written()).containsExactly("Warning NoGateway");
  }

  @Test
  void nextLeaderDoesNotRepeatOldWarnings() {
    ready(ConditionDraft.of(Reason.PEER_NO_GATEWAY, "None."));
    passes(30);
    passes(300);
    anotherLeads();
    ready(ConditionDraft.of(Reason.PEER_NO_GATEWAY, "None."));
    passes(60);
    assertThat(written()).containsExactly("Warning NoGateway");
  }

  @Test
  void refusedConditionIsOneWarningHoweverOftenItIsTried() {
    ready(ConditionDraft.of(Reason.PEER_ACCEPTED, "Fine."));
    for (int attempt = 0; attempt < 100; attempt++) {
      refused(ConditionDraft.of(Reason.PEER_REQUEST_REFUSED, "Denied."));
      passes(5);
    }
    assertThat(written()).containsExactly("Normal Ready", "Warning RequestRefused");
    ready(ConditionDraft.of(Reason.PEER_ACCEPTED, "Fine."));
    refused(ConditionDraft.of(Reason.PEER_REQUEST_REFUSED, "Denied."));
    passes(30);
    assertThat(written())
        .as("the same failure later is another one")
        .containsExactly("Normal Ready", "Warning RequestRefused", "Warning RequestRefused");
  }

  @Test
  void returnOfASilentAgentIsNoEventOfEachPeer() {
    ready(ConditionDraft.of(Reason.PEER_ACCEPTED, "Fine."));
    ready(ConditionDraft.of(Reason.PEER_AGENT_SILENT, "Silent."));
    passes(60);
    ready(ConditionDraft.of(Reason.PEER_ACCEPTED, "Fine."));
    assertThat(written()).containsExactly("Normal Ready");
  }

  private void anotherLeads() {
    events = newEvents();
  }

  @Test
  void deletedObjectGetsNoWarning() {
    ready(ConditionDraft.of(Reason.PEER_NO_GATEWAY, "None."));
    events.forget(object);
    passes(60);
    assertThat(written()).isEmpty();
  }

  private void ready(ConditionDraft draft) {
    var summary = Conditions.summary(List.of(draft), ConditionDraft.of(Reason.PEER_READY, "Fine."));
    var after = Conditions.of(List.of(draft, summary), before, 1, now);
    events.readyChanged(object, before, after);
    before = after;
  }

  /** As {@link #ready}, of a status that the API server does not take. */
  private void refused(ConditionDraft draft) {
    var known = before;
    ready(draft);
    before = known;
  }

  private void passes(int seconds) {
    now = now.plusSeconds(seconds);
    events.warn();
  }

  private List<String> written() {
    return client.v1().events().inNamespace(HERE).list().getItems().stream()
        .map(event -> event.getType() + " " + event.getReason())
        .sorted()
        .toList();
  }
}
