package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.uninstall.Uninstall;
import dev.wiremesh.agent.uninstall.Uninstall.Outcome;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leaves the node clean when that is asked for. There is no way back in this process: what was
 * removed is not made again, whatever the API server says next. Owned by the control thread.
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
   * Whether there is nothing else to do any more. What cannot be removed is tried again with the
   * next call; who asks once more, after an uninstallation that stopped half-way, is answered.
   *
   * @param closeDevices ends everything that uses what is about to be removed
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
      log.atInfo().addKeyValue("removed", String.join(", ", removed)).log("Node left clean");
      uninstall.report(new Outcome.Clean(removed.size()));
    } catch (IOException e) {
      done = false;
      var failure = String.valueOf(e.getMessage());
      if (asked || !failure.equals(lastFailure)) {
        lastFailure = failure;
        log.atError().addKeyValue("cause", failure).log("Node not left clean; trying again");
        uninstall.report(new Outcome.Failed(failure));
      }
    }
    return true;
  }
}
