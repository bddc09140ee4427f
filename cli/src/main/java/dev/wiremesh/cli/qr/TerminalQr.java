package dev.wiremesh.cli.qr;

/**
 * A QR code as text: each character is two modules, one above the other. Colours are given as black
 * and white of the 256-colour palette, which no theme of a terminal changes, so the code can be
 * read on dark and on light backgrounds.
 */
final class TerminalQr {
  private static final String BLACK_ON_WHITE = "\033[38;5;16;48;5;231m";
  private static final String RESET = "\033[0m";

  private TerminalQr() {}

  /** Black on white, whatever the terminal's own colours are. */
  static String coloured(QrImage image) {
    return text(image, false, BLACK_ON_WHITE, RESET);
  }

  /** Without escape sequences, for terminals with a dark background. */
  static String plain(QrImage image) {
    return text(image, true, "", "");
  }

  private static String text(QrImage image, boolean inverted, String before, String after) {
    var text = new StringBuilder();
    for (int y = 0; y < image.size(); y += 2) {
      text.append(before);
      for (int x = 0; x < image.size(); x++) {
        boolean upper = image.dark(x, y) != inverted;
        // The last line may have no lower half: it is background, as the border is.
        boolean lower = (y + 1 < image.size() && image.dark(x, y + 1)) != inverted;
        text.append(upper ? (lower ? '█' : '▀') : (lower ? '▄' : ' '));
      }
      text.append(after).append('\n');
    }
    return text.toString();
  }
}
