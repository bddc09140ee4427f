package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.uninstall.Uninstall;
import dev.wiremesh.agent.uninstall.Uninstall.CleanupResult;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uninstalls Wiremesh from the node on request. After that this process applies no plan, unless the
 * uninstallation is cancelled. Owned by the control thread.
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
   * Runs the uninstallation or its check if it is requested, and returns whether the node is not to
   * be programmed. A failed uninstallation is retried with the next call; a second request after an
   * interrupted one is reported too.
   *
   * @param closeDevices called first: an interface in use cannot be removed
   */
  boolean isUnderWay(Runnable closeDevices) {
    var request = uninstall.request();
    switch (request) {
      case CHECK -> check();
      case CANCEL -> cancel();
      case CLEAN -> begun = true;
      case NONE -> {}
    }
    if (request == Uninstall.Request.CLEAN || begun && !done) {
      clean(closeDevices, request == Uninstall.Request.CLEAN);
    }
    return begun;
  }

  private void check() {
    try {
      uninstall.check();
      uninstall.report(new CleanupResult.Ready());
    } catch (IOException e) {
      var cause = String.valueOf(e.getMessage());
      log.atWarn().addKeyValue("cause", cause).log("Node cannot be cleaned, nothing is removed");
      uninstall.report(new CleanupResult.NotReady(cause));
    }
  }

  private void cancel() {
    if (begun) {
      begun = false;
      done = false;
      log.info("The uninstallation was cancelled; the node takes part in its networks again");
    }
  }

  private void clean(Runnable closeDevices, boolean asked) {
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
  }
}
