package dev.wiremesh.wireguard.daemon;

import java.util.ArrayList;
import java.util.List;

/** A program of the tests that needs a JVM of its own. */
final class JavaProgram {
  private JavaProgram() {}

  /** The command line that runs a main class with the class path under test. */
  static List<String> command(Class<?> main, List<String> arguments) {
    var command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(arguments);
    return command;
  }
}
