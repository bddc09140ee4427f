package dev.wiremesh.agent.bypass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The interfaces of this node whose reverse path filter is strict (the sysctl {@code rp_filter} is
 * 1). The kernel drops an IPv4 packet there if the route to its source leads elsewhere, and it
 * looks that route up without our mark. So a reply to a marked packet is lost where a route of ours
 * leads to its source. IPv6 has no such sysctl.
 */
public final class StrictReversePaths {
  private static final Path CONF = Path.of("/proc/sys/net/ipv4/conf");
  private static final String SETTING = "rp_filter";
  private static final int STRICT = 1;

  private final Path conf;

  public StrictReversePaths() {
    this(CONF);
  }

  /**
   * @param conf {@code /proc/sys/net/ipv4/conf}
   */
  public StrictReversePaths(Path conf) {
    this.conf = conf;
  }

  /**
   * Their names, sorted; none if the sysctls cannot be read.
   *
   * @param counts which interfaces count; packets from the loopback never do
   */
  public Set<String> interfaces(Predicate<String> counts) {
    var strict = new TreeSet<String>();
    try (var folders = Files.newDirectoryStream(conf)) {
      int all = read("all");
      for (var folder : folders) {
        var name = String.valueOf(folder.getFileName());
        boolean isLink = !name.equals("all") && !name.equals("default") && !name.equals("lo");
        // The kernel takes the greater value.
        if (isLink && counts.test(name) && Math.max(all, read(name)) == STRICT) {
          strict.add(name);
        }
      }
    } catch (IOException | NumberFormatException e) {
      return Set.of();
    }
    return strict;
  }

  /** 0 for an interface that has just gone. */
  private int read(String name) throws IOException {
    var file = conf.resolve(name).resolve(SETTING);
    return Files.exists(file) ? Integer.parseInt(Files.readString(file).strip()) : 0;
  }
}
