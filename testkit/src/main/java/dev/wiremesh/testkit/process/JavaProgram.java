package dev.wiremesh.testkit.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines of main classes that need a JVM of their own, with the class path of this one. */
public final class JavaProgram {
  private JavaProgram() {}

  /** Runs with the flags that all of our programs have. */
  public static List<String> command(Class<?> main, String... arguments) {
    return command(List.of(), main, arguments);
  }

  /** The same with more flags of the JVM. */
  public static List<String> command(List<String> flags, Class<?> main, String... arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }
}
