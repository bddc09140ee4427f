package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.linux.syscall.Errno;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of a request, of bounded length. Belongs to one connection; {@link #close} wipes
 * its buffers, because they held keys.
 */
final class LineReader implements AutoCloseable {
  /** Greatest length of a line; the longest of the protocol is a key of 64 digits with its name. */
  private static final int MAX_LINE_BYTES = 1024;

  private static final int BUFFER_BYTES = 8192;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int at;
  private int end;

  LineReader(InputStream in) {
    this.in = in;
  }

  /** Treatment of a last line without a line feed. */
  private enum LastLine {
    COUNTS,
    DOES_NOT_COUNT
  }

  /** Reads a line that names an operation; null when the client has closed, even within a line. */
  @Nullable String operation() throws IOException, UapiException {
    return next(LastLine.DOES_NOT_COUNT);
  }

  /**
   * Reads a line of an operation, with the leniency of the reference: it may end in CR LF, and the
   * last one of a connection without an end. Null when the client has closed.
   */
  @Nullable String next() throws IOException, UapiException {
    var line = next(LastLine.COUNTS);
    return line != null && line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  private @Nullable String next(LastLine last) throws IOException, UapiException {
    var line = new byte[128];
    int length = 0;
    try {
      while (true) {
        if (at == end) {
          end = in.read(buffer);
          at = 0;
          if (end < 0) {
            end = 0;
            return length == 0 || last == LastLine.DOES_NOT_COUNT ? null : text(line, length);
          }
        }
        byte b = buffer[at++];
        if (b == '\n') {
          return text(line, length);
        }
        if (length == MAX_LINE_BYTES) {
          throw new UapiException(Errno.EPROTO, "a line is longer than 1024 bytes");
        }
        if (length == line.length) {
          var longer = Arrays.copyOf(line, MAX_LINE_BYTES);
          Arrays.fill(line, (byte) 0);
          line = longer;
        }
        line[length++] = b;
      }
    } finally {
      Arrays.fill(line, (byte) 0);
    }
  }

  private static String text(byte[] line, int length) {
    return new String(line, 0, length, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    Arrays.fill(buffer, (byte) 0);
  }
}
