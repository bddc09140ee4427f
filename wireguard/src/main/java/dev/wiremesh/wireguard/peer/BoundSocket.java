package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.BindFactory;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.PacketBatch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The device's UDP socket of the moment: open while the interface is up, exchanged when the port
 * changes. Changed under the control lock, used by any thread.
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

  public @Nullable Bind socket() {
    return socket;
  }

  public boolean isOpen() {
    return socket != null;
  }

  /** The port in use, or the one that was asked for. */
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

  /** Moves to another port; a port that is asked for again is kept, also one of the system's. */
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

  /** Has a waiting receiver look up: there is something for it that is no datagram. */
  public void wakeReceiver() {
    Bind open = socket;
    if (open != null) {
      open.wake();
    }
  }

  /** Sends what can be sent; returns how many packets went out. */
  public int send(PacketBatch batch, int from, int count, Endpoint to) {
    Bind open = socket;
    if (open == null) {
      return 0;
    }
    try {
      return open.send(batch, from, count, to);
    } catch (IOException e) {
      return 0; // closed in this moment; the caller counts what was lost
    }
  }
}
