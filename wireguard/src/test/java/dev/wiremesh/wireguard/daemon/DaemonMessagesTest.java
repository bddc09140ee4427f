package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.process.CommandResult;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Messages and exit statuses of a daemon that cannot start.
 *
 * <p>Takes most of a minute in sum: a JVM is started for each message.
 */
@RequiresTun
@RequiresTool({"ip", "python3", "setpriv", "unshare"})
@Execution(ExecutionMode.CONCURRENT)
class DaemonMessagesTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Each script has a {@code /run} of its own, and the mounts that it makes. */
  private static final String PREAMBLE =
      """
      set -e
      mount -t tmpfs -o mode=755 none /run
      [ "$(readlink -f /var/run)" = /run ] || mount --bind /run /var/run
      wg=$1
      with_socket() { python3 -c "$WITH_SOCKET" "$@"; }
      without() { setpriv --bounding-set "-$1" --inh-caps "-$1" -- "${@:2}"; }
      """;

  /** Runs a command with a socket as descriptor 20: of a family, at a path, that listens or not. */
  private static final String WITH_SOCKET =
      """
      import os, socket, sys
      family, path, listens = sys.argv[1:4]
      os.mkdir("/run/wireguard")
      s = socket.socket(getattr(socket, family), socket.SOCK_STREAM)
      s.bind(("127.0.0.1", 0) if family == "AF_INET" else path)
      if listens == "listens":
          s.listen()
      os.dup2(s.fileno(), 20)
      os.environ["WG_UAPI_FD"] = "20"
      os.execvp(sys.argv[4], sys.argv[4:])
      """;

  @AutoClose private final Hosts hosts = Hosts.forTest("op");
  private final Host host = hosts.create("host");

  @Test
  void howItIsUsed() {
    for (var wrong : new String[] {"--no-such", "-f --no-such wg0"}) {
      assertThat(background("$wg " + wrong))
          .startsWith("wiremesh wg: there is no option '--no-such'\n\nUsage: wiremesh wg");
    }
    for (var wrong : new String[] {"", "-f", "a b"}) {
      assertThat(background("$wg " + wrong))
          .startsWith("wiremesh wg: write the name of one interface\n\nUsage: wiremesh wg");
    }
    var help = run("wg", "$wg --help");
    assertThat(help.orThrow().output()).startsWith("Usage: wiremesh wg");
    assertThat(help.errors()).isEmpty();
    assertThat(run("wg", "$wg --version").orThrow().output()).startsWith("wiremesh wg ");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @Scenario(
      "A missing TUN device, a missing right or a bad name ends the daemon with a message that"
          + " says what to do, and exit status 1")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "$wg an-interface-name | an-interface-name: ENAMETOOLONG | has at most 15 characters",
        "$wg a/b               | TUNSETIFF a/b: EINVAL           | has no slash, colon or space",
        "$wg rv%s              | TUNSETIFF rv%s: EINVAL          | percent sign but in one '%d'",
        // The kernel takes the second byte of this letter for a space.
        "LC_ALL=C.UTF-8 $wg $'\\xc3\\xa0' | EINVAL               | has no slash, colon or space",
        "mount -t tmpfs none /dev/net; $wg wg0 | open /dev/net/tun: ENOENT | modprobe tun",
        "mount --bind /dev/null /dev/net/tun; $wg wg0 | TUNSETIFF wg0: ENOTTY | is not the TUN",
        "without net_admin $wg wg0 | TUNSETIFF wg0: EPERM | needs CAP_NET_ADMIN: run as root",
        "mount -t tmpfs none /dev/net; touch /dev/net/tun; chmod 0 /dev/net/tun;"
            + " without dac_override $wg wg0 | open /dev/net/tun: EACCES | run as root",
        "ip link add wg0 type veth; trap 'ip link del wg0' EXIT; $wg wg0"
            + " | TUNSETIFF wg0: EBUSY | taken by another interface",
      })
  void interfaces(String script, String what, String advice) {
    isRefused(script, what, advice);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @Scenario(
      "A socket folder that cannot be used ends the daemon with a message that says why, and"
          + " exit status 1")
  @CsvSource(
      delimiter = '|',
      value = {
        "touch /run/wireguard; $wg wg0"
            + " | /var/run/wireguard: EEXIST | is a file where a folder must be",
        "mkdir /run/wireguard; mount -t tmpfs -o ro none /run/wireguard; $wg wg0"
            + " | bind /var/run/wireguard/wg0.sock: EROFS | read-only file system",
        "chown 1 /run; without dac_override $wg wg0"
            + " | /var/run/wireguard: EACCES | Run as root",
        "mkdir /run/wireguard; chown 1 /run/wireguard; without dac_override $wg wg0"
            + " | bind /var/run/wireguard/wg0.sock: EACCES | Run as root",
        "mkdir -p /run/wireguard/wg0.sock/any; $wg wg0"
            + " | /var/run/wireguard/wg0.sock: ENOTEMPTY | is a folder where a socket must be",
      })
  void socketFolders(String script, String what, String advice) {
    isRefused(script, what, advice);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @Scenario(
      "A wrong descriptor in WG_TUN_FD or WG_UAPI_FD ends the daemon with a message and exit"
          + " status 1")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "WG_TUN_FD=abc $wg wg0 | WG_TUN_FD is the number of a file descriptor | not 'abc'",
        // Of a number that Java itself has no file of.
        "WG_TUN_FD=900 $wg wg0 | descriptor 900: EBADF | made with IFF_TUN",
        "WG_TUN_FD=20 $wg wg0 20< /dev/null | descriptor 20: ENOTTY | made with IFF_TUN",
        "WG_TUN_FD=20 $wg wg0 20<> /dev/net/tun | descriptor 20: EBADFD | made with IFF_TUN",
        "WG_UAPI_FD=900 $wg wg0 | descriptor 900: EBADF | a Unix stream socket that listens",
        "WG_UAPI_FD=20 $wg wg0 20< /dev/null | descriptor 20: ENOTSOCK | Unix stream socket",
        "with_socket AF_UNIX /run/wireguard/wg0.sock - $wg wg0"
            + " | descriptor 20: EINVAL | a Unix stream socket that listens",
        "with_socket AF_INET - listens $wg wg0 | descriptor 20: EINVAL | Unix stream socket",
        "with_socket AF_UNIX /run/other.sock listens $wg wg0"
            + " | descriptor 20: ENOENT | bound to /var/run/wireguard/wg0.sock",
        "WIREMESH_CIPHER=none $wg wg0 | WIREMESH_CIPHER=none is not to be had | write auto",
        "WIREMESH_OFFLOADS=some $wg wg0 | WIREMESH_OFFLOADS=some | write all, none",
      })
  void environments(String script, String what, String advice) {
    isRefused(script, what, advice);
  }

  /** With the same words in the background and, after what Java may have to say, with -f. */
  private void isRefused(String script, String what, String advice) {
    var message = background(script);
    assertThat(message).startsWith("wiremesh wg: ").contains(what, advice);
    assertThat(message.lines()).hasSize(1);

    var foreground = run("wg -f", script);
    assertThat(foreground.exitCode()).as(foreground.errors()).isEqualTo(1);
    assertThat(foreground.errors().lines().filter(line -> !line.startsWith("WARNING: Using")))
        .containsExactly(message);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(host.ip("-brief", "link").lines())
                .singleElement()
                .asString()
                .startsWith("lo"));
  }

  private String background(String script) {
    var result = run("wg", script);
    assertThat(result.exitCode()).as(result.errors()).isEqualTo(1);
    assertThat(result.output()).isEmpty();
    return result.errors();
  }

  private CommandResult run(String arguments, String script) {
    return host.command(
            "unshare",
            "--mount",
            "bash",
            "-c",
            PREAMBLE + script,
            "bash",
            Installation.bin("wiremesh") + " " + arguments)
        .withEnvironment("WITH_SOCKET", WITH_SOCKET)
        .withTimeout(PATIENCE)
        .run();
  }
}
