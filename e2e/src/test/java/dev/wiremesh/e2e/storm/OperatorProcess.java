package dev.wiremesh.e2e.storm;

import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.kubernetes.FaultProxy;
import dev.wiremesh.testkit.kubernetes.ServiceAccountToken;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One replica of the operator: a process with the operator's own rights behind a {@link
 * FaultProxy}, which is killed and started again.
 *
 * <p>Owned by one thread.
 */
final class OperatorProcess implements AutoCloseable {
  private static final String STARTED = "Operator started";

  private final String name;
  private final Path folder;
  private final FaultProxy proxy;
  private final Path kubeconfig;
  private @Nullable ManagedProcess process;
  private long startsBefore;

  OperatorProcess(String name, Path folder, ControlPlane controlPlane, ServiceAccountToken token)
      throws IOException {
    this.name = name;
    this.folder = folder;
    this.proxy = FaultProxy.before(controlPlane);
    this.kubeconfig = folder.resolve(name + ".kubeconfig");
    Files.writeString(kubeconfig, controlPlane.kubeconfigFor(token, proxy.url()));
  }

  FaultProxy proxy() {
    return proxy;
  }

  /**
   * Starts the process; it is not ready yet.
   *
   * @param electing whether it takes part in the leader election; one that does not always leads
   */
  void start(boolean electing) throws IOException {
    start(electing, Files.exists(cache()) ? List.of("-XX:AOTCache=" + cache()) : List.of());
  }

  private void start(boolean electing, List<String> flags) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx192m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseCompactObjectHeaders",
            "-Xlog:aot=off",
            "-Xlog:cds=off"));
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath(), "dev.wiremesh.operator.OperatorMain"));
    startsBefore = Files.exists(log()) ? starts() : 0;
    process =
        ManagedProcess.start(
            "operator " + name,
            command,
            Map.of(
                "KUBECONFIG",
                kubeconfig.toString(),
                "POD_NAME",
                name,
                "WIREMESH_LEADER_ELECTION",
                Boolean.toString(electing),
                "WIREMESH_HTTP_LISTEN",
                "127.0.0.1:0"),
            log());
  }

  Path log() {
    return folder.resolve(name + ".log");
  }

  /** The cache of loaded classes that halves the time of a start. */
  private Path cache() {
    return folder.resolveSibling(folder.getFileName() + ".aot");
  }

  /**
   * Makes the AOT cache of this folder's processes by a run that ends in order. Without jars, as in
   * a build that stops before its package phase, there is no cache, and each start takes longer.
   */
  void train() throws IOException, InterruptedException {
    if (Stream.of(classPath().split(File.pathSeparator)).anyMatch(it -> !it.endsWith(".jar"))) {
      return;
    }
    start(false, List.of("-XX:AOTCacheOutput=" + cache()));
    awaitStart(Duration.ofSeconds(60));
    stop(Duration.ofSeconds(90));
  }

  /** Waits until the process has read all objects, with a limit: its API server may be away. */
  void awaitStart(Duration patience) throws InterruptedException, IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (isAlive() && System.nanoTime() < deadline && starts() == startsBefore) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private long starts() throws IOException {
    try (var lines = Files.lines(log())) {
      return lines.filter(line -> line.contains(STARTED)).count();
    }
  }

  /** The operator and its libraries without the classes of this module. */
  private static String classPath() {
    var own = Path.of("target").toAbsolutePath();
    return Stream.of(
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator))
        .filter(entry -> !Path.of(entry).toAbsolutePath().startsWith(own))
        // Each program brings its own logback.xml.
        .sorted(Comparator.comparing(entry -> !entry.contains("operator")))
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElseThrow();
  }

  boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** SIGKILL. */
  void kill() {
    if (process != null) {
      process.kill();
      process = null;
    }
  }

  private void stop(Duration patience) {
    if (process != null) {
      process.stop(patience);
      process = null;
    }
  }

  /** A random choice of the storm: most starts take part in the election. */
  static boolean electing(Random random) {
    return random.nextInt(3) > 0;
  }

  @Override
  public void close() throws IOException {
    kill();
    proxy.close();
  }
}
