package dev.wiremesh.agent.bypass;

import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The name servers of the node, from files as {@code resolv.conf(5)} describes them. A file that
 * cannot be read, or a line that has no address, has none. Owned by the control thread.
 *
 * @param files read anew with each call
 */
public record ResolverFiles(List<Path> files) {
  /** A longer file is no {@code resolv.conf}. */
  private static final long MOST_BYTES = 64 * 1024;

  public ResolverFiles {
    files = List.copyOf(files);
  }

  /**
   * The file that the pod has from its node, and the upstream servers of systemd-resolved, which
   * are beside it where the agent sees the node's file system.
   */
  public static ResolverFiles ofNode() {
    return new ResolverFiles(
        List.of(Path.of("/etc/resolv.conf"), Path.of("/run/systemd/resolve/resolv.conf")));
  }

  public Set<IpAddress> resolvers() {
    var resolvers = new HashSet<IpAddress>();
    for (var file : files) {
      read(file).lines().forEach(line -> resolver(line).ifPresent(resolvers::add));
    }
    return resolvers;
  }

  private static String read(Path file) {
    try {
      return Files.isRegularFile(file) && Files.size(file) <= MOST_BYTES
          ? Files.readString(file, StandardCharsets.ISO_8859_1)
          : "";
    } catch (IOException e) {
      return "";
    }
  }

  private static Optional<IpAddress> resolver(String line) {
    var words = line.strip().split("\\s+");
    if (words.length < 2 || !words[0].equals("nameserver")) {
      return Optional.empty();
    }
    try {
      // A link-local address has its interface behind a percent sign.
      return Optional.of(IpAddress.parse(words[1].replaceFirst("%.*", "")));
    } catch (InvalidAddressException e) {
      return Optional.empty();
    }
  }
}
