package dev.wiremesh.agent.uninstall;

import java.io.IOException;
import java.util.List;

/** Requests to uninstall Wiremesh from this node, the uninstallation and its report. */
public interface Uninstall {
  /** A request of the API server's. Only an answer is a request, never a missing one. */
  enum Request {
    /** None, or none without a report. */
    NONE,
    /** To check that the node can be cleaned, and change nothing. */
    CHECK,
    CLEAN,
    /** The uninstallation was stopped: nodes that are clean take part in the mesh again. */
    CANCEL
  }

  /** The request that waits for this node. */
  Request request();

  /**
   * Checks that {@link #clean} can complete; changes nothing.
   *
   * @throws IOException with the obstacle
   */
  void check() throws IOException;

  /**
   * Removes everything that Wiremesh made; the devices are closed before.
   *
   * @return one line for each thing that was removed
   */
  List<String> clean() throws IOException;

  /** Reports the result without waiting for the API server. */
  void report(CleanupResult result);

  /** Result of a check or an uninstallation. */
  sealed interface CleanupResult {
    record Ready() implements CleanupResult {}

    record NotReady(String cause) implements CleanupResult {}

    record Clean(int removed) implements CleanupResult {}

    record Failed(String cause) implements CleanupResult {}
  }
}
