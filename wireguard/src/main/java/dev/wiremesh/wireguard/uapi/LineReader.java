package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.linux.syscall.Errno;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a request, of bounded length. Belongs to one connection; what it read is wiped with
 * {@link #close}, for there were keys in it.
 */
final class LineReader implements AutoCloseable {
  /** The longest that the protocol knows is a key of 64 digits with its name. */
  private static final int MAX_LINE_BYTES = 1024;

  private static final int BUFFER_BYTES = 8192;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int at;
  private int end;

  LineReader(InputStream in) {
    this.in = in;
  }

  /** What a connection ends with, when no line feed came any more. */
  private enum LastLine {
    COUNTS,
    DOES_NOT_COUNT
  }

  /** A line that names an operation; null when the client has gone, whatever it had begun. */
  @Nullable String operation() throws IOException, UapiException {
    return next(LastLine.DOES_NOT_COUNT);
  }

  /**
   * A line of an operation, as the reference reads it: it may end in CR LF, the last one of a
   * connection in nothing. Null when the client has gone.
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
