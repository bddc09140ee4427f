package dev.wiremesh.lab.cluster;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.kubernetes.ServiceAccountToken;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One program (operator or agent) on a host of the lab, run as in a pod: with a clean environment,
 * a ServiceAccount token in the place of a pod's (renewed before it expires), and exactly the
 * capabilities that the chart gives. It is restarted when it ends.
 *
 * <p>Thread-safe.
 */
final class Workload {
  private static final String CREDENTIALS = "/var/run/secrets/kubernetes.io/serviceaccount";
  private static final Duration TOKEN_LIFETIME = Duration.ofHours(1);
  private static final Duration RENEW_BEFORE = Duration.ofMinutes(15);
  private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
  private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);
  private static final Duration GRACE = Duration.ofSeconds(10);

  /**
   * The description of a program.
   *
   * @param program its name for the launcher
   * @param boundToNode the Node that the token is bound to, if any
   * @param capabilities its capability bounding set, as setpriv writes it
   */
  record Description(
      String program,
      String serviceAccount,
      Optional<String> boundToNode,
      String capabilities,
      Map<String, String> environment) {

    Description {
      environment = Map.copyOf(environment);
    }
  }

  private final Description description;
  private final Host host;
  private final ControlPlane controlPlane;
  private final Checkout checkout;
  private final Path log;
  private final Clock clock;
  private @Nullable ServiceAccountToken token;
  private @Nullable ManagedProcess process;
  private Duration backoff = Duration.ZERO;
  private @Nullable Instant nextStart;
  private int failures;

  Workload(
      Description description,
      Host host,
      ControlPlane controlPlane,
      Checkout checkout,
      Path log,
      Clock clock) {
    this.description = description;
    this.host = host;
    this.controlPlane = controlPlane;
    this.checkout = checkout;
    this.log = log;
    this.clock = clock;
  }

  /** {@code operator}, or {@code agent on n1}. */
  String name() {
    return description.program() + " on " + host.name();
  }

  Path log() {
    return log;
  }

  /** Starts the program; it is restarted until {@link #stop} or {@link #kill}. */
  synchronized void start() {
    if (process != null && process.isAlive()) {
      return;
    }
    renewTokenIfDue();
    backoff = Duration.ZERO;
    nextStart = null;
    process = host.start(description.program(), command(), Map.of(), log);
  }

  /** Ends the program as a kubelet does: SIGTERM, and SIGKILL after a grace period. */
  synchronized void stop() {
    if (process != null) {
      process.stop(GRACE);
      process = null;
    }
  }

  /** SIGKILL; the program is not restarted until {@link #start}. */
  synchronized void kill() {
    if (process != null) {
      process.kill();
      process = null;
    }
  }

  /** SIGSTOP: the program lives, and does nothing until {@link #thaw}. */
  synchronized void freeze() {
    if (process != null) {
      process.freeze();
    }
  }

  /** SIGCONT. */
  synchronized void thaw() {
    if (process != null) {
      process.thaw();
    }
  }

  /** SIGKILL, and a new start. */
  synchronized void restart() {
    kill();
    start();
  }

  /** Number of times that the program has ended by itself. */
  synchronized int failures() {
    return failures;
  }

  /** Renews the token when due, and restarts the program if it has ended by itself. */
  synchronized Optional<String> tend() {
    if (process == null) {
      return Optional.empty();
    }
    renewTokenIfDue();
    if (process.isAlive()) {
      return Optional.empty();
    }
    var now = clock.instant();
    if (nextStart == null) {
      // With exponential backoff, as a kubelet does.
      backoff = backoff.isZero() ? FIRST_BACKOFF : min(backoff.multipliedBy(2), LONGEST_BACKOFF);
      nextStart = now.plus(backoff);
      failures++;
      return Optional.of(
          "%s has ended and is restarted in %d s; its log is %s and ends with:%n%s"
              .formatted(name(), backoff.toSeconds(), log, process.lastLines(3).indent(4)));
    }
    if (now.isBefore(nextStart)) {
      return Optional.empty();
    }
    nextStart = null;
    process = host.start(description.program(), command(), Map.of(), log);
    return Optional.empty();
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  synchronized boolean isRunning() {
    return process != null && process.isAlive();
  }

  private void renewTokenIfDue() {
    if (token != null && clock.instant().isBefore(token.expires().minus(RENEW_BEFORE))) {
      return;
    }
    var fresh =
        description.boundToNode().isPresent()
            ? controlPlane.requestTokenBoundToNode(
                ClusterNames.NAMESPACE,
                description.serviceAccount(),
                TOKEN_LIFETIME,
                description.boundToNode().get())
            : controlPlane.requestToken(
                ClusterNames.NAMESPACE, description.serviceAccount(), TOKEN_LIFETIME);
    write("ca.crt", controlPlane.authorityPem());
    write("namespace", ClusterNames.NAMESPACE);
    write("token", fresh.token());
    token = fresh;
  }

  private void write(String file, String content) {
    host.command(
            "bash",
            "-c",
            "umask 077; mkdir -p \"$1\" && cat > \"$1/.$2\" && mv \"$1/.$2\" \"$1/$2\"",
            "bash",
            CREDENTIALS,
            file)
        .withInput(content)
        .check();
  }

  private List<String> command() {
    var environment = new TreeMap<>(description.environment());
    var api = controlPlane.listensAt();
    var colon = api.lastIndexOf(':');
    environment.put("KUBERNETES_SERVICE_HOST", api.substring(0, colon));
    environment.put("KUBERNETES_SERVICE_PORT", api.substring(colon + 1));
    // The user may have a kubeconfig of a real cluster: the programs must not read it.
    environment.put("KUBERNETES_AUTH_TRYKUBECONFIG", "false");
    environment.put("HOME", "/nonexistent");
    environment.put("LANG", "C.UTF-8");
    environment.put("WIREMESH_NAMESPACE", ClusterNames.NAMESPACE);
    environment.put("WIREMESH_NO_BUILD", "1");
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    var command =
        new ArrayList<>(
            List.of(
                "setpriv",
                "--bounding-set",
                description.capabilities(),
                "--no-new-privs",
                "--",
                "env",
                "-i"));
    environment.forEach((key, value) -> command.add(key + "=" + value));
    command.add(checkout.launcher().toString());
    command.add(description.program());
    return command;
  }
}
