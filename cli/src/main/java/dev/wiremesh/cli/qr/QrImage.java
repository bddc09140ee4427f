package dev.wiremesh.cli.qr;

import io.nayuki.qrcodegen.DataTooLongException;
import io.nayuki.qrcodegen.QrCode;
import java.util.Optional;

/** A QR code as a square of dark and light modules, with the light border that readers need. */
final class QrImage {
  /** The width of the border in modules: ISO/IEC 18004, section 6.3.8. */
  private static final int QUIET_ZONE = 4;

  /** The capacity of the largest code, version 40-L, in bytes. */
  static final int MOST_BYTES = 2953;

  private final QrCode code;

  private QrImage(QrCode code) {
    this.code = code;
  }

  /** The code of a text; empty if it is too long for one. */
  static Optional<QrImage> of(String text) {
    try {
      return Optional.of(new QrImage(QrCode.encodeText(text, QrCode.Ecc.LOW)));
    } catch (DataTooLongException _) {
      return Optional.empty();
    }
  }

  /** The length of a side in modules, border included. */
  int size() {
    return code.size + 2 * QUIET_ZONE;
  }

  /** Whether a module is dark; those outside are light. */
  boolean dark(int x, int y) {
    return code.getModule(x - QUIET_ZONE, y - QUIET_ZONE);
  }
}
