package dev.wiremesh.cli.qr;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/**
 * A QR code as a PNG image of one bit a pixel (RFC 2083). Not by ImageIO: that brings the module
 * java.desktop and its start-up time into a small program.
 */
final class PngQr {
  private static final int PIXELS_PER_MODULE = 8;
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  private PngQr() {}

  /** The bytes of the file. */
  static byte[] of(QrImage image) {
    try {
      var file = new ByteArrayOutputStream();
      file.write(SIGNATURE);
      chunk(file, "IHDR", header(image.size() * PIXELS_PER_MODULE));
      chunk(file, "IDAT", pixels(image));
      chunk(file, "IEND", new byte[0]);
      return file.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
  }

  private static byte[] header(int side) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var header = new DataOutputStream(bytes);
    header.writeInt(side);
    header.writeInt(side);
    // One bit, greyscale, deflate, filter method 0, no interlace.
    header.write(new byte[] {1, 0, 0, 0, 0});
    return bytes.toByteArray();
  }

  private static byte[] pixels(QrImage image) throws IOException {
    int side = image.size() * PIXELS_PER_MODULE;
    var bytes = new ByteArrayOutputStream();
    try (var deflated = new DeflaterOutputStream(bytes)) {
      for (int y = 0; y < side; y++) {
        // The filter of the line: none. Then eight pixels a byte, 1 is white.
        deflated.write(0);
        for (int x = 0; x < side; x += 8) {
          int octet = 0;
          for (int bit = 0; bit < 8; bit++) {
            boolean dark = image.dark((x + bit) / PIXELS_PER_MODULE, y / PIXELS_PER_MODULE);
            octet = octet << 1 | (dark ? 0 : 1);
          }
          deflated.write(octet);
        }
      }
    }
    return bytes.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream file, String type, byte[] data)
      throws IOException {
    var name = type.getBytes(StandardCharsets.US_ASCII);
    var crc = new CRC32();
    crc.update(name);
    crc.update(data);
    var out = new DataOutputStream(file);
    out.writeInt(data.length);
    out.write(name);
    out.write(data);
    out.writeInt((int) crc.getValue());
  }
}
