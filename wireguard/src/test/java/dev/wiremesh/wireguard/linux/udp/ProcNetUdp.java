package dev.wiremesh.wireguard.linux.udp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** UDP sockets as {@code /proc} lists them: {@code socket:[INODE]}. */
final class ProcNetUdp {
  private static final int LOCAL_ADDRESS = 1;
  private static final int INODE = 9;

  private ProcNetUdp() {}

  /** Those of both families that are bound to the port in this network namespace. */
  static List<String> socketsOfPort(int port) throws IOException {
    var end = ":%04X".formatted(port);
    var sockets = new ArrayList<String>();
    for (var file : List.of("udp", "udp6")) {
      for (var line : Files.readAllLines(Path.of("/proc/net", file))) {
        var words = line.strip().split("\\s+");
        if (words[LOCAL_ADDRESS].endsWith(end)) {
          sockets.add("socket:[%s]".formatted(words[INODE]));
        }
      }
    }
    return sockets;
  }

  /** Sockets of all kinds that this process has a descriptor of. */
  static Set<String> socketsOfThisProcess() throws IOException {
    var sockets = new HashSet<String>();
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (var descriptor : descriptors) {
        try {
          sockets.add(Files.readSymbolicLink(descriptor).toString());
        } catch (NoSuchFileException closed) {
          // By another thread.
        }
      }
    }
    return sockets;
  }
}
