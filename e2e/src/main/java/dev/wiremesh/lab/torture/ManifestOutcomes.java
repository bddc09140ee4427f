package dev.wiremesh.lab.torture;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.torture.TortureReport.Outcome;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The outcome of each hostile manifest: refused by the API server, or accepted and judged by its
 * status.
 *
 * <p>Owned by the run's thread.
 */
final class ManifestOutcomes {
  private final KubernetesClient client;
  private final Consumer<String> progress;
  private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
  private final List<HostileManifest> accepted = new ArrayList<>();

  ManifestOutcomes(KubernetesClient client, Consumer<String> progress) {
    this.client = client;
    this.progress = progress;
  }

  Map<Outcome, Integer> counts() {
    return outcomes;
  }

  void send(HostileManifest manifest) {
    try {
      client.raw(manifest.path(), "POST", manifest.object());
      accepted.add(manifest);
    } catch (KubernetesClientException e) {
      var outcome = refusal(e);
      if (outcome == Outcome.ERROR) {
        progress.accept(manifest.label() + ": " + e.getMessage());
      }
      outcomes.merge(outcome, 1, Integer::sum);
    }
  }

  private static Outcome refusal(KubernetesClientException e) {
    var message = String.valueOf(e.getMessage());
    if (message.contains("ValidatingAdmissionPolicy")) {
      return Outcome.REFUSED_BY_POLICY;
    }
    if (message.contains("Too long") && message.contains("metadata.annotations")
        || message.contains("too large")) {
      return Outcome.REFUSED_BY_SIZE;
    }
    return switch (e.getCode()) {
      case 422, HttpURLConnection.HTTP_BAD_REQUEST -> Outcome.REFUSED_BY_SCHEMA;
      case HttpURLConnection.HTTP_ENTITY_TOO_LARGE -> Outcome.REFUSED_BY_SIZE;
      default -> Outcome.ERROR;
    };
  }

  /** Reads the status of each accepted manifest. */
  void judgeAccepted() {
    for (var manifest : accepted) {
      var outcome = outcome(manifest);
      if (outcome == Outcome.UNANSWERED) {
        progress.accept(manifest.label() + " has no up-to-date status");
      }
      outcomes.merge(outcome, 1, Integer::sum);
    }
  }

  private Outcome outcome(HostileManifest manifest) {
    if (manifest.kind().equals("Peer")) {
      var peer =
          client
              .resources(Peer.class)
              .inNamespace(manifest.namespace())
              .withName(manifest.name())
              .get();
      return peer == null
          ? Outcome.GONE
          : outcome(
              peer.getMetadata().getGeneration(),
              peer.getStatus().observedGeneration,
              peer.getStatus().conditions,
              peer.getStatus().routes.stream()
                  .anyMatch(route -> route.state != PeerStatus.RouteState.ACCEPTED));
    }
    var network = client.resources(WireGuardNetwork.class).withName(manifest.name()).get();
    return network == null
        ? Outcome.GONE
        : outcome(
            network.getMetadata().getGeneration(),
            network.getStatus().observedGeneration,
            network.getStatus().conditions,
            false);
  }

  private static Outcome outcome(
      Long generation, Long observed, List<Condition> conditions, boolean routesRefused) {
    if (!Objects.equals(generation, observed) || conditions.isEmpty()) {
      return Outcome.UNANSWERED;
    }
    boolean isRefused =
        Stream.of(
                ConditionType.ACCEPTED,
                ConditionType.ADDRESS_ALLOCATED,
                ConditionType.KEY_READY,
                ConditionType.CONFIG_PUBLISHED)
            .map(type -> Conditions.find(conditions, type))
            .flatMap(Optional::stream)
            .anyMatch(condition -> Conditions.has(condition, ConditionStatus.FALSE));
    return isRefused || routesRefused ? Outcome.REFUSED_IN_STATUS : Outcome.IN_FORCE;
  }
}
