package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.core.net.IpPrefix;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes lines of the form {@code name=value}. Bytes, not characters, because a device may have
 * 100,000 allowed IPs. Belongs to one connection; {@link #close} wipes its buffers, because they
 * held keys.
 */
final class LineWriter implements AutoCloseable {
  private static final int BUFFER_BYTES = 16 << 10;

  /** Greatest length of a name or value; keys have 64 digits. */
  private static final int MAX_PART_BYTES = 256;

  private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final OutputStream out;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int at;

  LineWriter(OutputStream out) {
    this.out = out;
  }

  void line(String name, String value) throws IOException {
    begin(name);
    ascii(value);
    end();
  }

  void line(String name, long value) throws IOException {
    begin(name);
    decimal(value);
    end();
  }

  /** A key in hexadecimal digits. */
  void line(String name, byte[] key) throws IOException {
    begin(name);
    for (byte b : key) {
      buffer[at++] = DIGITS[b >> 4 & 0xf];
      buffer[at++] = DIGITS[b & 0xf];
    }
    end();
  }

  void line(String name, IpPrefix prefix) throws IOException {
    begin(name);
    if (prefix.address().isV4()) {
      int address = (int) prefix.address().lo();
      for (int shift = 24; shift >= 0; shift -= 8) {
        decimal(address >>> shift & 0xff);
        buffer[at++] = (byte) (shift == 0 ? '/' : '.');
      }
      decimal(prefix.length());
    } else {
      ascii(prefix.toString());
    }
    end();
  }

  /** Ends the answer with an empty line and flushes it. */
  void endOfAnswer() throws IOException {
    end();
    flush();
  }

  private void begin(String name) throws IOException {
    if (buffer.length - at < 2 * MAX_PART_BYTES) {
      flush();
    }
    ascii(name);
    buffer[at++] = '=';
  }

  private void end() {
    buffer[at++] = '\n';
  }

  private void ascii(String text) {
    for (int i = 0; i < text.length(); i++) {
      buffer[at++] = (byte) text.charAt(i);
    }
  }

  private void decimal(long value) {
    if (value < 0) {
      ascii(Long.toString(value));
      return;
    }
    int digits = 1;
    for (long rest = value / 10; rest > 0; rest /= 10) {
      digits++;
    }
    long rest = value;
    for (int i = at + digits - 1; i >= at; i--) {
      buffer[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    at += digits;
  }

  private void flush() throws IOException {
    out.write(buffer, 0, at);
    out.flush();
    at = 0;
  }

  @Override
  public void close() {
    Arrays.fill(buffer, (byte) 0);
  }
}
