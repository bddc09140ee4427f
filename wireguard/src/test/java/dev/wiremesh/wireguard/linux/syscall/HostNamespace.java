package dev.wiremesh.wireguard.linux.syscall;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.tun.TunFile;
import dev.wiremesh.wireguard.linux.udp.LinuxUdpSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Opens descriptors in the network namespace of a test's host. */
public final class HostNamespace {
  private HostNamespace() {}

  public static <T> T on(Host host, NetworkNamespace.Action<T> action) throws SystemCallException {
    return NetworkNamespace.inside(Path.of("/run/netns", host.namespace()), action);
  }

  public static LinuxUdpSocket openUdpSocket(Host host) throws SystemCallException {
    return on(
        host,
        () -> {
          try {
            return LinuxUdpSocket.open(0, 0);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** The descriptor of a TUN interface, new or not; the caller closes it. */
  public static int openTunFile(Host host, String name) throws SystemCallException {
    return on(
        host,
        () -> {
          try (var netlink = Rtnetlink.open()) {
            return TunFile.open(name, true, netlink);
          }
        });
  }
}
