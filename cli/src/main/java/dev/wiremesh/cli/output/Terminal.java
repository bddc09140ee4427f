package dev.wiremesh.cli.output;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** The terminal that the output goes to, if it does. */
public final class Terminal {
  private static final Path TTY = Path.of("/dev/tty");

  private Terminal() {}

  /** Whether escape sequences are wanted: NO_COLOR is not set and the terminal can show them. */
  public static boolean colours() {
    var noColor = System.getenv("NO_COLOR");
    return (noColor == null || noColor.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
  }

  /** The width of the terminal; empty if the output goes elsewhere, or it is not known. */
  @SuppressWarnings("SystemConsoleNull") // with JDK 25 it is null again where there is no terminal
  public static OptionalInt columns() {
    var console = System.console();
    if (console == null || !console.isTerminal()) {
      return OptionalInt.empty();
    }
    try {
      var stty = new ProcessBuilder("stty", "size").redirectInput(TTY.toFile()).start();
      var size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!stty.waitFor(1, TimeUnit.SECONDS) || !size.matches("[0-9]+ [1-9][0-9]*")) {
        return OptionalInt.empty();
      }
      return OptionalInt.of(Integer.parseInt(size.substring(size.indexOf(' ') + 1)));
    } catch (IOException e) {
      return OptionalInt.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalInt.empty();
    }
  }
}
