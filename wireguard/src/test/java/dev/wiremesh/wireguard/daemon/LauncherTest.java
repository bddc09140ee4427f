package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.process.CommandResult;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code bin/wiremesh} where a systemd unit, cron, udev or a container starts it: without a login
 * environment, in odd folders.
 */
@RequiresTun
@RequiresTool({"ip", "wg", "env"})
class LauncherTest {
  @AutoClose private final Hosts hosts = Hosts.forTest("lau");
  private final Host host = hosts.create("host");
  @TempDir private Path folder;

  @Test
  void emptyEnvironmentIsEnough() {
    assertStarts(sh("exec env -i $bin/wiremesh wg fa0"));
    assertThat(host.exec("wg", "show", "fa0")).contains("interface: fa0");
  }

  @Test
  void emptyEnvironmentIsEnoughForWgQuick() {
    assertStarts(sh("exec env -i PATH=/usr/bin:/bin HOME= $bin/wiremesh-wg fa0"));
    assertThat(host.exec("wg", "show", "fa0")).contains("interface: fa0");
  }

  @Test
  void namesBeyondAsciiWorkInThePosixLocale() {
    // In octal, for the locale of this JVM may be the POSIX one, too: "größe" and "fü0".
    var installation = "copy=$(printf 'gr\\303\\266\\303\\237e') name=$(printf 'f\\303\\2740');";
    assertStarts(
        sh(
            installation
                + COPY
                + "LC_ALL=C \"$copy/bin/wiremesh\" wg \"$name\" || exit;"
                + "test -e \"/sys/class/net/$name\" && test -S \"/var/run/wireguard/$name.sock\""));
  }

  @Test
  void removedWorkingDirectoryDoesNotMatter() {
    // Without errors of its own; a shell mentions the directory when it starts.
    assertThat(sh("mkdir gone && cd gone && rmdir ../gone && exec $bin/wiremesh wg fa0").exitCode())
        .isZero();
    assertThat(host.exec("wg", "show", "fa0")).contains("interface: fa0");
  }

  @Test
  void colonInTheInstallationPathIsRefused() {
    var result = sh("copy=a:b;" + COPY + "exec a:b/bin/wiremesh wg fa0");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.errors())
        .startsWith("wiremesh: ")
        .contains("a:b", "colon")
        .doesNotContain("Java ended");
  }

  @Test
  void jvmThatDoesNotStartSaysWhy() {
    var result = sh("WIREMESH_JAVA_OPTIONS=-Xms1x exec $bin/wiremesh wg fa0");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.errors()).contains("-Xms1x");
  }

  /** Installs a copy into the folder {@code $copy}. */
  private static final String COPY =
      "mkdir \"$copy\" && mkdir \"$copy/bin\" && cp $bin/* \"$copy/bin\" && ln -s $bin/../lib \"$copy\";";

  private CommandResult sh(String script) {
    return host.command(
            "sh",
            "-c",
            "cd \"$1\"; bin=$2; " + script,
            "sh",
            folder.toString(),
            Installation.bin("."))
        .withTimeout(Daemons.PATIENCE)
        .run();
  }

  private static void assertStarts(CommandResult result) {
    assertThat(result.exitCode()).as(result.errors()).isZero();
    assertThat(result.errors()).isEmpty();
  }
}
