package dev.wiremesh.wireguard.daemon;

import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.time.Duration;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/** Why a Java program does not do what it should, in words for the message of a test. */
final class Diagnosis {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String DUMP_END = "JNI global refs";

  private Diagnosis() {}

  /** Whether it lives, what the system says of it, its threads (in its log), and its log. */
  static String of(ManagedProcess process) {
    var state = process.isAlive() ? alive(process) : "exit status " + process.onExit().join();
    return "%s: %s\n%s".formatted(process.name(), state, process.lastLines(300));
  }

  private static String alive(ManagedProcess process) {
    var pid = Long.toString(process.pid());
    var all = Command.of("ps", "-o", "pid,ppid,stat,etime,time,wchan:20,comm", "--ppid", pid, pid);
    var seen = all.run().output();
    ProcessHandle.of(process.pid()).stream()
        .flatMap(top -> Stream.concat(Stream.of(top), top.descendants()))
        .filter(one -> one.info().command().orElse("").endsWith("/java"))
        .forEach(java -> Command.of("kill", "-QUIT", Long.toString(java.pid())).run());
    try {
      await().atMost(PATIENCE).until(() -> process.lastLines(50).contains(DUMP_END));
      return "alive\n" + seen;
    } catch (ConditionTimeoutException e) {
      return "alive, but without a thread dump\n" + seen;
    }
  }
}
