package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.wireguard.crypto.selection.CipherSelection;
import dev.wiremesh.wireguard.daemon.Invocation.LogLevel;
import dev.wiremesh.wireguard.offload.Offloads;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Main class of {@code bin/wiremesh wg}. */
public final class WgMain {
  private static final int FAILED = 1;

  private WgMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    Thread.currentThread().setUncaughtExceptionHandler(WgMain::failedUnexpectedly);
    System.exit(run(Invocation.parse(List.of(arguments), System.getenv())));
  }

  private static int run(Invocation invocation) throws InterruptedException {
    return switch (invocation) {
      case Invocation.Help() -> {
        System.out.print(Invocation.USAGE);
        yield 0;
      }
      case Invocation.ShowVersion() -> {
        System.out.println("wiremesh wg " + version());
        yield 0;
      }
      case Invocation.Refused(var message, var readyFd) -> failed(message, readyFd);
      case Invocation.Run run -> run(run);
    };
  }

  /**
   * Ends the process: with its other threads running on, the interface could be neither configured
   * nor ended.
   */
  private static void failedUnexpectedly(Thread thread, Throwable why) {
    try {
      why.printStackTrace();
    } finally {
      Runtime.getRuntime().halt(FAILED);
    }
  }

  private static String version() {
    var version = WgMain.class.getPackage().getImplementationVersion();
    return version == null ? "(from classes)" : version;
  }

  private static int run(Invocation.Run run) throws InterruptedException {
    configureLog(run.logLevel());
    // Registered before the interface becomes visible, when a signal may come.
    var hook = new ShutdownHook();
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      var offloads = Offloads.parse(System.getenv());
      var cipher = CipherSelection.start(System.getenv());
      runToTheEnd(Daemon.start(run, cipher, offloads), hook, run.readyFd());
      hook.ended(0);
      return 0;
    } catch (IOException | IllegalArgumentException e) {
      int status = failed(e.getMessage(), run.readyFd());
      hook.ended(status);
      return status;
    }
  }

  /** Reports a failure to the waiting launcher, or else on standard error. */
  private static int failed(@Nullable String why, @Nullable Integer readyFd) {
    var message = "wiremesh wg: " + why;
    if (readyFd != null) {
      Readiness.report(readyFd, message);
    } else {
      System.err.println(message);
    }
    return FAILED;
  }

  private static void runToTheEnd(Daemon daemon, ShutdownHook hook, @Nullable Integer readyFd)
      throws IOException, InterruptedException {
    hook.onRequest(daemon::stop);
    if (readyFd != null) {
      Readiness.report(readyFd, "ready");
    }
    try {
      daemon.awaitEnd();
    } finally {
      daemon.close();
    }
  }

  /** Configures logging; called before the first logger is created. */
  private static void configureLog(LogLevel level) {
    if (level != LogLevel.SILENT) {
      // The date format loads the locale's data, a tenth of the time of a start.
      System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
      System.setProperty("org.slf4j.simpleLogger.dateTimeFormat", "yyyy-MM-dd HH:mm:ss.SSS");
    }
    System.setProperty("org.slf4j.simpleLogger.showThreadName", "false");
    System.setProperty("org.slf4j.simpleLogger.showLogName", "false");
    System.setProperty(
        "org.slf4j.simpleLogger.defaultLogLevel",
        switch (level) {
          case VERBOSE -> "debug";
          case ERROR -> "warn";
          case SILENT -> "off";
        });
  }
}
