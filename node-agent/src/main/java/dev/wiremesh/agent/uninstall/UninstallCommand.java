package dev.wiremesh.agent.uninstall;

import dev.wiremesh.agent.host.NodeCleanup;
import dev.wiremesh.agent.host.NodeCleanup.InUseException;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** {@code wiremesh agent --uninstall}: cleans this node by hand, without the API server. */
public final class UninstallCommand {
  private static final int CLEAN = 0;
  private static final int FAILED = 1;
  private static final int IN_USE = 3;

  private UninstallCommand() {}

  /** Returns the exit status. */
  public static int run(Path stateDirectory, PrintStream out, PrintStream errors) {
    try (var netlink = Rtnetlink.open()) {
      var removed = new NodeCleanup(netlink, stateDirectory).run();
      removed.forEach(line -> out.println("removed " + line));
      out.println(
          removed.isEmpty()
              ? "There is nothing of Wiremesh on this node."
              : "Nothing of Wiremesh is left on this node.");
      return CLEAN;
    } catch (InUseException e) {
      errors.println(e.getMessage() + ".");
      return IN_USE;
    } catch (IOException e) {
      errors.println("Not everything was removed: " + e.getMessage() + ". Run it again.");
      return FAILED;
    }
  }
}
