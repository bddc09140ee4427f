package dev.wiremesh.cli.conf;

import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import java.util.List;

/** The lines of a configuration file in which comments start with {@code #}. Of one thread. */
final class ConfigText {
  private final StringBuilder text = new StringBuilder();

  void line(String line) {
    text.append(line).append('\n');
  }

  void blank() {
    text.append('\n');
  }

  void comment(String comment) {
    line(comment.isEmpty() ? "#" : "# " + comment);
  }

  void comments(List<String> comments) {
    comments.forEach(this::comment);
  }

  /** Whether an entry of wg-quick's DNS list is a name server rather than a search domain. */
  static boolean isAddress(String text) {
    try {
      IpAddress.parse(text);
      return true;
    } catch (InvalidAddressException _) {
      return false;
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
