package dev.wiremesh.testkit.process;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * The start of child processes that die with this JVM, also if it is killed.
 *
 * <p>Linux sends the parent-death signal when the <em>thread</em> that started the child ends, so
 * all children are started by one thread that lives as long as the JVM.
 */
final class Children {
  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("process-starter").factory());
  private static final boolean HAS_SETPRIV = Tools.find("setpriv").isPresent();

  private Children() {}

  /** The command behind {@code setpriv --pdeathsig}; unchanged without that tool. */
  static List<String> dyingWithParent(List<String> command) {
    if (!HAS_SETPRIV) {
      return command;
    }
    var all = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL", "--"));
    all.addAll(command);
    return all;
  }

  /** The same, but without the terminal's Ctrl-C: the caller ends it, in its own order. */
  static List<String> inOwnSession(List<String> command) {
    var all = new ArrayList<>(List.of("setsid"));
    all.addAll(command);
    return dyingWithParent(all);
  }

  static Process start(ProcessBuilder builder) throws IOException {
    try {
      return STARTER.submit(builder::start).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException("cannot start " + builder.command(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting " + builder.command(), e);
    }
  }

  static void killTree(Process process) {
    Stream.concat(process.descendants(), Stream.of(process.toHandle()))
        .toList()
        .forEach(ProcessHandle::destroyForcibly);
  }

  static final File NOTHING = new File("/dev/null");
}
