package dev.wiremesh.agent.uninstall;

import java.io.IOException;
import java.util.List;

/** Requests to uninstall Wiremesh from this node, the uninstallation and its report. */
public interface Uninstall {
  /**
   * Whether there is a request without a report yet. Only an answer of the API server is a request,
   * never a missing one.
   */
  boolean isAsked();

  /**
   * Removes everything that Wiremesh made; the devices are closed before.
   *
   * @return one line for each thing that was removed
   */
  List<String> clean() throws IOException;

  /** Reports the result without waiting for the API server. */
  void report(CleanupResult result);

  /** Result of an uninstallation. */
  sealed interface CleanupResult {
    record Clean(int removed) implements CleanupResult {}

    record Failed(String cause) implements CleanupResult {}
  }
}
