package dev.wiremesh.lab;

import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The checks of the machine and of the options before a lab starts. */
final class Preconditions {
  private static final List<String> TOOLS =
      List.of("ip", "nsenter", "unshare", "setpriv", "nft", "wg", "wg-quick", "ping", "bash");

  private Preconditions() {}

  /** Throws a message with everything that is missing, and how to get it. */
  static void check() {
    check(TOOLS);
  }

  /** The same for {@code lab story}, which captures packets too. */
  static void checkForStories() {
    var tools = new ArrayList<>(TOOLS);
    tools.add("tcpdump");
    check(tools);
  }

  /** Throws unless the value of an option is in its range. */
  static void requireRange(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new LabException(
          "%s is %d: write a number from %d to %d".formatted(option, value, least, most));
    }
  }

  private static void check(List<String> tools) {
    var missing = new ArrayList<String>();
    for (var tool : tools) {
      if (Tools.find(tool).isEmpty()) {
        missing.add("'" + tool + "' is not installed: bin/wiremesh setup");
      }
    }
    if (missing.isEmpty() && !Command.of("unshare", "--net", "--mount", "true").run().succeeded()) {
      missing.add(
          "network namespaces cannot be made: run as root (sudo bin/wiremesh lab up), in a container with --privileged");
    }
    if (!Files.isWritable(Path.of("/dev/net/tun"))) {
      missing.add(
          "/dev/net/tun cannot be opened: load the kernel's 'tun' module, or give the device to this container (--device /dev/net/tun)");
    }
    if (!missing.isEmpty()) {
      throw new LabException(
          "this machine cannot run a lab yet:\n  - " + String.join("\n  - ", missing));
    }
  }
}
