package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection: any number of operations, each answered by {@code errno=} and an empty
 * line. Belongs to the thread of its client.
 */
final class UapiSession {
  private static final Logger log = LoggerFactory.getLogger(UapiSession.class);

  /** Peers in one snapshot, which limits the memory of a client that reads slowly. */
  static final int PEERS_AT_ONCE = 64;

  private final WireGuardDevice device;
  private final UapiAccess access;
  private final InputStream in;
  private final OutputStream output;

  UapiSession(WireGuardDevice device, UapiAccess access, InputStream in, OutputStream out) {
    this.device = device;
    this.access = access;
    this.in = in;
    this.output = out;
  }

  /** Serves until the client disconnects or sends something that is not an operation. */
  void run() throws IOException {
    try (var lines = new LineReader(in);
        var out = new LineWriter(output)) {
      boolean more = true;
      while (more) {
        more = serve(lines, out);
      }
    }
  }

  private boolean serve(LineReader lines, LineWriter out) throws IOException {
    try {
      if (!operation(lines, out)) {
        return false;
      }
      answer(out, 0);
      return true;
    } catch (UapiException e) {
      log.atDebug().addKeyValue("errno", e.errno()).log(e.getMessage());
      answer(out, e.errno());
      return e.errno() != Errno.EPROTO && skipRequest(lines);
    }
  }

  /** Writes the error number negated, as wireguard-go does and {@code wg} expects. */
  private static void answer(LineWriter out, int errno) throws IOException {
    out.line("errno", -errno);
    out.endOfAnswer();
  }

  /** Reads the rest of a refused request, so that the client is not cut off while it writes. */
  private static boolean skipRequest(LineReader lines) throws IOException {
    try {
      var line = lines.next();
      while (line != null && !line.isEmpty()) {
        line = lines.next();
      }
      return line != null;
    } catch (UapiException e) {
      return false;
    }
  }

  private boolean operation(LineReader lines, LineWriter out) throws IOException, UapiException {
    var name = lines.operation();
    if (name == null) {
      return false;
    }
    switch (name) {
      case "get=1" -> {
        if (!endOfRequest(lines)) {
          return false;
        }
        try (var parts = device.snapshotInParts(PEERS_AT_ONCE)) {
          new GetOperation(out).write(parts);
        }
        return true;
      }
      case "set=1" -> {
        if (access == UapiAccess.READ_ONLY) {
          throw new UapiException(
              Errno.EPERM, "this device is configured by its owner; it can only be looked at");
        }
        set(lines);
        return true;
      }
      default -> throw new UapiException(Errno.EPROTO, "an operation is get=1 or set=1");
    }
  }

  private static boolean endOfRequest(LineReader lines) throws IOException, UapiException {
    var line = lines.operation();
    if (line != null && !line.isEmpty()) {
      throw new UapiException(Errno.EINVAL, "get=1 is followed by an empty line");
    }
    return line != null;
  }

  /** Reads lines until an empty one or, as in the reference, the end of the input. */
  private void set(LineReader lines) throws IOException, UapiException {
    var operation = new SetOperation(device);
    try {
      var line = lines.next();
      while (line != null && !line.isEmpty()) {
        int equals = line.indexOf('=');
        if (equals < 0) {
          throw new UapiException(Errno.EPROTO, "a line has a name, an equals sign and a value");
        }
        operation.line(line.substring(0, equals), line.substring(equals + 1));
        line = lines.next();
      }
    } catch (UapiException wrongLine) {
      try {
        operation.finish();
      } catch (UapiException e) {
        wrongLine.addSuppressed(e);
      }
      throw wrongLine;
    }
    operation.finish();
  }
}
