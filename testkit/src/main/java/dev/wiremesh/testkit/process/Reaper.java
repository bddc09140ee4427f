package dev.wiremesh.testkit.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * The clean-up after this JVM, however it ends. A small shell, which is no descendant of the JVM
 * and so is not killed with its process tree, waits for the end of the JVM. Then it removes the
 * registered network namespaces (with every process in them) and folders. Those that were removed
 * before are forgotten: another owner may use their names by then.
 *
 * <p>Thread-safe. One per JVM, started when first needed.
 */
public final class Reaper {
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      tail --pid="$1" -s 0.2 -f /dev/null
      while read -r kind what; do
        case $kind in
          netns)
            [ -e "/run/netns/$what" ] || continue
            [ "$(grep -Fx -e "netns $what" -e "gone $what" "$2" | tail -n 1)" = "netns $what" ] || continue
            for p in $(ip netns pids "$what" 2>/dev/null); do kill -9 "$p" 2>/dev/null; done
            ip netns del "$what" 2>/dev/null ;;
          folder) rm -rf --one-file-system -- "$what" ;;
        esac
      done < "$2"
      rm -f -- "$2"
      """;

  private static final Reaper INSTANCE = new Reaper();

  private final Path list;

  private Reaper() {
    try {
      list = Files.createTempFile("wiremesh-reaper-", ".list");
      // --fork: a child would be killed together with the process tree of this JVM.
      Children.start(
          new ProcessBuilder(
                  List.of(
                      "setsid",
                      "--fork",
                      "bash",
                      "-c",
                      SCRIPT,
                      "wiremesh-reaper",
                      Long.toString(ProcessHandle.current().pid()),
                      list.toString()))
              .redirectInput(Children.NOTHING)
              .redirectOutput(Children.NOTHING)
              .redirectError(Children.NOTHING));
    } catch (IOException e) {
      throw new CommandFailedException("cannot start the reaper: " + e.getMessage(), e);
    }
  }

  /** Registers a network namespace: it and every process in it do not outlive this JVM. */
  public static void removeNetworkNamespaceAtExit(String name) {
    INSTANCE.remember("netns " + name);
  }

  /** Forgets a removed network namespace: a later one of the same name has another owner. */
  public static void forgetNetworkNamespace(String name) {
    INSTANCE.remember("gone " + name);
  }

  /** Registers a folder: it does not outlive this JVM. */
  public static void removeFolderAtExit(Path folder) {
    INSTANCE.remember("folder " + folder.toAbsolutePath());
  }

  private synchronized void remember(String line) {
    try {
      Files.writeString(list, line + "\n", StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new CommandFailedException("cannot tell the reaper: " + e.getMessage(), e);
    }
  }
}
