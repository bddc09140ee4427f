package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.uninstall.Uninstall;
import dev.wiremesh.agent.uninstall.Uninstall.CleanupResult;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uninstalls Wiremesh from the node on request. After that this process applies no plan any more.
 * Owned by the control thread.
 */
final class NodeUninstall {
  private static final Logger log = LoggerFactory.getLogger(NodeUninstall.class);

  private final Uninstall uninstall;
  private boolean begun;
  private boolean done;
  private String lastFailure = "";

  NodeUninstall(Uninstall uninstall) {
    this.uninstall = uninstall;
  }

  /**
   * Runs the uninstallation if it is requested, and returns whether it was ever begun. A failed one
   * is retried with the next call; a second request after an interrupted one is reported too.
   *
   * @param closeDevices called first: an interface in use cannot be removed
   */
  boolean isUnderWay(Runnable closeDevices) {
    boolean asked = uninstall.isAsked();
    if (!asked && (!begun || done)) {
      return begun;
    }
    begun = true;
    closeDevices.run();
    try {
      var removed = uninstall.clean();
      done = true;
      log.atInfo().addKeyValue("removed", String.join(", ", removed)).log("Node cleanup complete");
      uninstall.report(new CleanupResult.Clean(removed.size()));
    } catch (IOException e) {
      done = false;
      var failure = String.valueOf(e.getMessage());
      if (asked || !failure.equals(lastFailure)) {
        lastFailure = failure;
        log.atError().addKeyValue("cause", failure).log("Node cleanup failed, retrying");
        uninstall.report(new CleanupResult.Failed(failure));
      }
    }
    return true;
  }
}
