package dev.wiremesh.agent.host.sysctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Turns on IPv6 forwarding. The kernel has one sysctl for the whole node, which no netlink request
 * sets. Interfaces with forwarding ignore router advertisements unless their {@code accept_ra} is
 * 2.
 */
public final class Ipv6Forwarding {
  /** Mount of the node's sysctls in a pod, whose own /proc/sys is read-only. */
  private static final Path MOUNTED_CONF = Path.of("/host/proc/sys/net/ipv6/conf");

  private static final Path CONF = Path.of("/proc/sys/net/ipv6/conf");

  private final Path conf;
  private final ChangedSysctls changed;

  /**
   * @param conf {@code /proc/sys/net/ipv6/conf}
   */
  public Ipv6Forwarding(Path conf, ChangedSysctls changed) {
    this.conf = conf;
    this.changed = changed;
  }

  public static Ipv6Forwarding ofNode(Path stateDirectory) {
    return new Ipv6Forwarding(conf(), new ChangedSysctls(stateDirectory, conf()));
  }

  /** The folder of the node's IPv6 sysctls. */
  public static Path conf() {
    return Files.isDirectory(MOUNTED_CONF) ? MOUNTED_CONF : CONF;
  }

  public boolean kernelHasIpv6() {
    return Files.isDirectory(conf);
  }

  /**
   * Turns forwarding on if it is off.
   *
   * @param changes gets a line for each change
   * @return a warning if it cannot be turned on
   */
  public Optional<String> enable(List<String> changes) {
    try {
      if (!read("all", "forwarding").equals("0")) {
        return Optional.empty();
      }
      for (var name : interfaces()) {
        if (read(name, "accept_ra").equals("1")) {
          changed.set(name + "/accept_ra", "1", "2");
          changes.add("set net.ipv6.conf." + name + ".accept_ra to 2");
        }
      }
      changed.set("all/forwarding", "0", "1");
      changes.add("set net.ipv6.conf.all.forwarding to 1");
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "IPv6 packets do not pass through this gateway: set the sysctl"
              + " net.ipv6.conf.all.forwarding to 1 on this node, which the agent may not ("
              + e.getMessage()
              + ").");
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
