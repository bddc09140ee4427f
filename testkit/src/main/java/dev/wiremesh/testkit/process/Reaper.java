package dev.wiremesh.testkit.process;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Cleans up after this JVM, however it ends: a small shell in a session of its own waits for the
 * end of our pipe, then removes the network namespaces (with every process in them) and the folders
 * that it was told of.
 *
 * <p>Thread-safe. One per JVM, started when first needed.
 */
public final class Reaper {
  // Reads "netns NAME" and "folder PATH" lines; the kernel closes the pipe when the JVM is gone.
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      names=''; folders=()
      while read -r kind what; do
        case $kind in netns) names="$names $what" ;; folder) folders+=("$what") ;; esac
      done
      for n in $names; do
        [ -e "/run/netns/$n" ] || continue
        for p in $(ip netns pids "$n" 2>/dev/null); do kill -9 "$p" 2>/dev/null; done
        ip netns del "$n" 2>/dev/null
      done
      for f in "${folders[@]}"; do rm -rf --one-file-system -- "$f"; done
      """;

  private static final Reaper INSTANCE = new Reaper();

  private final Writer pipe;

  private Reaper() {
    try {
      pipe =
          Children.start(
                  new ProcessBuilder(List.of("setsid", "bash", "-c", SCRIPT, "wiremesh-reaper"))
                      .redirectOutput(Children.NOTHING)
                      .redirectError(Children.NOTHING))
              .outputWriter(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CommandFailedException("cannot start the reaper: " + e.getMessage(), e);
    }
  }

  /** The network namespace, and every process in it, will not outlive this JVM. */
  public static void removeNetworkNamespaceAtExit(String name) {
    INSTANCE.say("netns " + name);
  }

  /** The folder will not outlive this JVM. */
  public static void removeFolderAtExit(Path folder) {
    INSTANCE.say("folder " + folder.toAbsolutePath());
  }

  private synchronized void say(String line) {
    try {
      pipe.write(line + "\n");
      pipe.flush();
    } catch (IOException e) {
      throw new CommandFailedException("the reaper is gone: " + e.getMessage(), e);
    }
  }
}
