package dev.wiremesh.agent.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lets IPv6 packets pass through this node. The kernel asks one switch for the whole node, which no
 * netlink request reaches; turning it on makes interfaces deaf to router advertisements unless they
 * are told to listen all the same.
 */
final class Ipv6Forwarding {
  /** Where a pod finds the node's own switches, if it is given them: its /proc/sys is read-only. */
  private static final Path MOUNTED_CONF = Path.of("/host/proc/sys/net/ipv6/conf");

  private static final Path CONF = Path.of("/proc/sys/net/ipv6/conf");

  private final Path conf;
  private final ChangedSysctls changed;

  /**
   * @param conf {@code /proc/sys/net/ipv6/conf}
   */
  Ipv6Forwarding(Path conf, ChangedSysctls changed) {
    this.conf = conf;
    this.changed = changed;
  }

  static Ipv6Forwarding ofNode(Path stateDirectory) {
    return new Ipv6Forwarding(conf(), new ChangedSysctls(stateDirectory, conf()));
  }

  /** The folder of the node's IPv6 switches. */
  static Path conf() {
    return Files.isDirectory(MOUNTED_CONF) ? MOUNTED_CONF : CONF;
  }

  boolean kernelHasIpv6() {
    return Files.isDirectory(conf);
  }

  /** What was done, and what could not be. */
  record Outcome(List<String> changes, Optional<String> warning) {}

  Outcome allow() {
    var changes = new ArrayList<String>();
    try {
      if (!read("all", "forwarding").equals("0")) {
        return new Outcome(changes, Optional.empty());
      }
      for (var name : interfaces()) {
        if (read(name, "accept_ra").equals("1")) {
          changed.set(name + "/accept_ra", "1", "2");
          changes.add("set net.ipv6.conf." + name + ".accept_ra to 2");
        }
      }
      changed.set("all/forwarding", "0", "1");
      changes.add("set net.ipv6.conf.all.forwarding to 1");
      return new Outcome(changes, Optional.empty());
    } catch (IOException e) {
      return new Outcome(
          changes,
          Optional.of(
              "IPv6 packets do not pass through this gateway: set the sysctl"
                  + " net.ipv6.conf.all.forwarding to 1 on this node, which the agent may not ("
                  + e.getMessage()
                  + ")."));
    }
  }

  private List<String> interfaces() throws IOException {
    try (var folders = Files.list(conf)) {
      return folders
          .map(folder -> String.valueOf(folder.getFileName()))
          .filter(name -> !name.equals("all") && !name.equals("default"))
          .sorted()
          .toList();
    }
  }

  private String read(String name, String setting) throws IOException {
    return Files.readString(conf.resolve(name).resolve(setting)).strip();
  }
}
