package dev.wiremesh.operator.install;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;

/**
 * The reasons for which an uninstallation could not be completed, found before anything is changed:
 * each later request to the API server is sent as a dry run, which passes the same rights,
 * admission policies and webhooks.
 */
final class UninstallObstacles {
  /** Answer for a webhook with side effects; the request itself may pass. */
  private static final String NO_DRY_RUN = "does not support dry run";

  private final List<String> found = new ArrayList<>();

  private UninstallObstacles() {}

  /** Every obstacle, as a sentence; empty if there is none. */
  static List<String> find(UninstallMark mark, AgentPods pods, LeaseRemoval leases) {
    var obstacles = new UninstallObstacles();
    obstacles.attempt("list the agents' pods", pods::look);
    obstacles.attempt("read the agents' DaemonSet", pods::missing);
    obstacles.attempt(
        "write the request to the agents",
        () -> {
          mark.tryWrites();
          mark.obstacle().ifPresent(obstacles.found::add);
        });
    obstacles.attempt("end the operators", leases::tryToEndOperators);
    obstacles.attempt("delete the Leases", leases::tryToDelete);
    return List.copyOf(obstacles.found);
  }

  private void attempt(String purpose, Runnable request) {
    try {
      request.run();
    } catch (KubernetesClientException e) {
      var message = String.valueOf(e.getMessage());
      if (e.getCode() != HttpURLConnection.HTTP_BAD_REQUEST || !message.contains(NO_DRY_RUN)) {
        found.add("This job cannot " + purpose + ": " + message);
      }
    }
  }
}
