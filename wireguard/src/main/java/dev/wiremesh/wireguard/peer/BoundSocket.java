package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.BindFactory;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.PacketBatch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The device's UDP socket: open while the interface is up, replaced when the port changes. Changed
 * under the control lock, used by any thread.
 */
public final class BoundSocket {
  private final BindFactory sockets;
  private volatile @Nullable Bind socket;
  private int requestedPort;
  private int port;
  private int mark;

  public BoundSocket(BindFactory sockets) {
    this.sockets = sockets;
  }

  public @Nullable Bind bind() {
    return socket;
  }

  public boolean isOpen() {
    return socket != null;
  }

  /** The port in use; while closed, the one requested. */
  public int port() {
    Bind open = socket;
    return open == null ? port : open.port();
  }

  public int mark() {
    return mark;
  }

  public void open() throws IOException {
    if (socket == null) {
      socket = sockets.open(port, mark);
      port = port();
    }
  }

  public void close() {
    Bind open = socket;
    socket = null;
    if (open != null) {
      open.close();
    }
  }

  /**
   * Changes the port; requesting the same one again keeps the port, even if the system chose it.
   */
  public void setPort(int newPort) throws IOException {
    Bind old = socket;
    if (newPort != requestedPort && newPort != port()) {
      if (old != null) {
        socket = sockets.open(newPort, mark);
        old.close();
      }
      port = newPort;
    }
    requestedPort = newPort;
  }

  public void setMark(int newMark) throws IOException {
    Bind open = socket;
    if (open != null && newMark != mark) {
      open.setMark(newMark);
    }
    mark = newMark;
  }

  /** Wakes the receiving thread for work that is no datagram. */
  public void wakeReceiver() {
    Bind open = socket;
    if (open != null) {
      open.wake();
    }
  }

  /** Sends packets; returns the number that the socket took. */
  public int send(PacketBatch batch, int from, int count, Endpoint to) {
    Bind open = socket;
    if (open == null) {
      return 0;
    }
    try {
      return open.send(batch, from, count, to);
    } catch (IOException e) {
      return 0; // closed meanwhile; the caller counts the drops
    }
  }
}
