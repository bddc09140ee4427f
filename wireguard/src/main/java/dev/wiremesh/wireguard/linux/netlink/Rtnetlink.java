package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's network configuration, in the network namespace of the thread that opened it. Any
 * thread may use it; requests are serialized. Reading needs no privilege, changing needs
 * CAP_NET_ADMIN.
 */
public final class Rtnetlink implements AutoCloseable {
  private final NetlinkSocket socket;
  private final Links links = new Links(this);
  private final Addresses addresses = new Addresses(this);
  private final Routes routes = new Routes(this);
  private final Rules rules = new Rules(this);
  private final Namespaces namespaces = new Namespaces(this);

  private Rtnetlink(NetlinkSocket socket) {
    this.socket = socket;
  }

  public static Rtnetlink open() throws SystemCallException {
    return new Rtnetlink(NetlinkSocket.open());
  }

  public Links links() {
    return links;
  }

  public Addresses addresses() {
    return addresses;
  }

  public Routes routes() {
    return routes;
  }

  public Rules rules() {
    return rules;
  }

  public Namespaces namespaces() {
    return namespaces;
  }

  synchronized void execute(NetlinkRequest request, String what) throws SystemCallException {
    socket.execute(request, what);
  }

  synchronized <T> List<T> exchange(
      NetlinkRequest request, String what, Function<NetlinkMessage, @Nullable T> reader)
      throws SystemCallException {
    return socket.exchange(request, what, reader);
  }

  @Override
  public synchronized void close() {
    socket.close();
  }
}
