package dev.wiremesh.wireguard.daemon;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parsed command line and environment. */
sealed interface Invocation {
  /**
   * Run an interface in the foreground; going to the background is the launcher's work.
   *
   * @param tunFd descriptor of a TUN that was opened by the caller; null to open one
   * @param uapiFd descriptor of a listening UAPI socket; null to open one
   * @param readyFd descriptor on which the launcher waits for readiness; null if it does not
   */
  record Run(
      String interfaceName,
      @Nullable Integer tunFd,
      @Nullable Integer uapiFd,
      @Nullable Integer readyFd,
      LogLevel logLevel)
      implements Invocation {}

  record Help() implements Invocation {}

  record ShowVersion() implements Invocation {}

  /**
   * The invocation is wrong.
   *
   * @param readyFd descriptor for the message; null for standard error
   */
  record Refused(String message, @Nullable Integer readyFd) implements Invocation {}

  /** Values of {@code LOG_LEVEL}. */
  enum LogLevel {
    VERBOSE,
    ERROR,
    SILENT
  }

  String USAGE =
      """
      Usage: wiremesh wg [-f | --foreground] INTERFACE-NAME

      Makes a WireGuard interface in user space. Returns when the interface and its socket
      /var/run/wireguard/INTERFACE-NAME.sock exist, so that 'wg' and 'ip' can go on from there; with
      -f it stays in the foreground. Ends when the interface is deleted or the socket removed.

      Environment:
        LOG_LEVEL                verbose (or debug), error, silent: what goes to standard error;
                                 without it errors with -f, and nothing in the background
        WG_PROCESS_FOREGROUND=1  the same as -f
        WG_TUN_FD, WG_UAPI_FD    descriptors of a TUN and of a listening socket to take over
        WIREMESH_CIPHER          auto (default), or a backend by name: vector, libcrypto, jdk
        WIREMESH_OFFLOADS        all (default), none, or of tun-read, tun-write, tun-queues,
                                 udp-send, udp-receive those to be used, with commas between
      """;

  static Invocation parse(List<String> arguments, Map<String, String> environment) {
    var names = new ArrayList<String>();
    for (var argument : arguments) {
      switch (argument) {
        case "-h", "--help" -> {
          return new Help();
        }
        case "--version" -> {
          return new ShowVersion();
        }
        case "-f", "--foreground" -> {}
        default -> {
          if (argument.startsWith("-")) {
            return misused("there is no option '" + argument + "'");
          }
          names.add(argument);
        }
      }
    }
    if (names.size() != 1) {
      return misused("write the name of one interface");
    }
    return run(names.getFirst(), environment);
  }

  private static Refused misused(String what) {
    return new Refused(what + "\n\n" + USAGE.strip(), null);
  }

  private static Invocation run(String name, Map<String, String> environment) {
    var errors = new ArrayList<String>();
    var run =
        new Run(
            name,
            descriptor("WG_TUN_FD", environment, errors),
            descriptor("WG_UAPI_FD", environment, errors),
            descriptor("WIREMESH_READY_FD", environment, errors),
            logLevel(environment));
    return errors.isEmpty() ? run : new Refused(String.join("; ", errors), run.readyFd());
  }

  private static @Nullable Integer descriptor(
      String variable, Map<String, String> environment, List<String> errors) {
    var value = environment.getOrDefault(variable, "");
    if (value.isEmpty()) {
      return null;
    }
    if (value.length() > 9 || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
      errors.add(variable + " is the number of a file descriptor, not '" + value + "'");
      return null;
    }
    return Integer.valueOf(value);
  }

  private static LogLevel logLevel(Map<String, String> environment) {
    return switch (environment.getOrDefault("LOG_LEVEL", "").toLowerCase(Locale.ROOT)) {
      case "verbose", "debug" -> LogLevel.VERBOSE;
      case "silent" -> LogLevel.SILENT;
      default -> LogLevel.ERROR;
    };
  }
}
