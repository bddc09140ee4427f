package dev.wiremesh.testkit.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandResult;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/kubernetes.sh} against a release host on loopback. */
@RequiresTool({"bash", "curl", "tar", "flock"})
class KubernetesDownloadTest {
  private static final String API_SERVER =
      "/v" + KubernetesSource.VERSION + "/bin/linux/amd64/kube-apiserver";
  private static final String ETCD = "/v3.6.8/etcd-v3.6.8-linux-amd64.tar.gz";
  private static final byte[] CONTENT = "program ".repeat(20_000).getBytes(StandardCharsets.UTF_8);

  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  // Method, path and range of each request.
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch resume = new CountDownLatch(1);
  private int cuts;
  private boolean stalls;
  private boolean ranges = true;
  private HttpServer server;

  @TempDir private Path cache;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
    publish(API_SERVER, CONTENT);
  }

  @AfterEach
  void stop() {
    resume.countDown();
    server.stop(0);
    threads.close();
  }

  @Test
  void programsOfAReleaseAreDownloadedOnce() throws IOException {
    Files.createDirectories(cache.resolve("etcd-v3.6.8-linux-amd64"));
    Files.write(cache.resolve("etcd-v3.6.8-linux-amd64/etcd"), CONTENT);
    Command.of("tar", "-czf", cache + "/x", "-C", cache.toString(), "etcd-v3.6.8-linux-amd64")
        .check();
    var archive = Files.readAllBytes(cache.resolve("x"));
    files.put(ETCD, archive);
    files.put(
        "/v3.6.8/SHA256SUMS",
        (sha256(archive) + "  etcd-v3.6.8-linux-amd64.tar.gz\n").getBytes(StandardCharsets.UTF_8));

    var result = download("kube-apiserver", "etcd");

    assertThat(result.exitCode()).as(result.errors()).isZero();
    assertThat(programs()).containsExactlyInAnyOrder("etcd", "kube-apiserver");
    assertThat(folder().resolve("etcd")).isExecutable().hasBinaryContent(CONTENT);
    assertThat(folder().resolve("kube-apiserver")).isExecutable().hasBinaryContent(CONTENT);

    requests.clear();
    assertThat(download("kube-apiserver", "etcd").exitCode()).isZero();
    assertThat(requests).isEmpty();
  }

  @Test
  void wrongChecksumLeavesNothingBehind() throws IOException {
    files.put(API_SERVER, "tampered with".getBytes(StandardCharsets.UTF_8));
    assertFails(download("kube-apiserver"), "does not have the checksum");
    assertThat(programs()).isEmpty();
    assertThat(folder().resolve(".download/kube-apiserver")).doesNotExist();
  }

  @Test
  void failureOfOneProgramInstallsNone() throws IOException {
    assertFails(download("kube-apiserver", "kubelet"), "kubelet.sha256", "404");
    assertThat(programs()).isEmpty();
  }

  @Test
  void cutTransferIsResumed() throws IOException {
    cuts = 1;
    var result = download("kube-apiserver");
    assertThat(result.exitCode()).as(result.errors()).isZero();
    assertThat(folder().resolve("kube-apiserver")).hasBinaryContent(CONTENT);
    assertThat(requests).contains("GET " + API_SERVER + " bytes=" + CONTENT.length / 2 + "-");
  }

  @Test
  void nextRunContinuesAnInterruptedDownload() throws IOException {
    cuts = 4;
    assertFails(download("kube-apiserver"), "cannot download");
    assertThat(programs()).isEmpty();
    requests.clear();
    var result = download("kube-apiserver");
    assertThat(result.exitCode()).as(result.errors()).isZero();
    assertThat(folder().resolve("kube-apiserver")).hasBinaryContent(CONTENT);
    assertThat(requests).doesNotContain("GET " + API_SERVER + " null");
  }

  @Test
  void partOfAnotherFileIsDownloadedAfresh() throws IOException {
    Files.createDirectories(folder().resolve(".download"));
    Files.writeString(folder().resolve(".download/kube-apiserver"), "of another release");
    assertThat(download("kube-apiserver").exitCode()).isZero();
    assertThat(folder().resolve("kube-apiserver")).hasBinaryContent(CONTENT);
  }

  @Test
  void serverWithoutRangesIsAskedForTheWholeFile() throws IOException {
    ranges = false;
    Files.createDirectories(folder().resolve(".download"));
    Files.write(folder().resolve(".download/kube-apiserver"), Arrays.copyOf(CONTENT, 1000));
    var result = download("kube-apiserver");
    assertThat(result.exitCode()).as(result.errors()).isZero();
    assertThat(folder().resolve("kube-apiserver")).hasBinaryContent(CONTENT);
  }

  @Test
  void longDownloadShowsItsProgress() {
    stalls = true;
    publish(API_SERVER, new byte[4 << 20]);
    var log = cache.resolve("log");
    try (var process =
        ManagedProcess.start("download", script("", "kube-apiserver"), environment(), log)) {
      await()
          .atMost(Duration.ofSeconds(90))
          .until(() -> Files.readString(log).contains("2 MiB of 4 MiB"));
      resume.countDown();
      await().atMost(Duration.ofSeconds(90)).until(() -> programs().contains("kube-apiserver"));
    }
  }

  @Test
  void missingCurlIsNamed() {
    var result = run(script("PATH=/nonexistent", "kube-apiserver"));
    assertFails(result, "there is no 'curl'");
    assertThat(requests).isEmpty();
  }

  @Test
  void unknownArgumentsOfSetupAreRefused() {
    assertFails(
        run(List.of("../bin/wiremesh", "setup", "--kubernetes", "guess")), "download or build");
    assertFails(run(List.of("../bin/wiremesh", "setup", "--kubernetes")), "needs a value");
    assertFails(run(List.of("../bin/wiremesh", "setup", "clusters")), "'clusters'");
    assertThat(run(List.of("../bin/wiremesh", "setup", "--help")).output())
        .contains("--kubernetes download", "WIREMESH_KUBERNETES_MIRROR");
  }

  private CommandResult download(String... programs) {
    return run(script("", programs));
  }

  private List<String> script(String before, String... programs) {
    return List.of(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        """
        say() { printf '%%s\\n' "$*" >&2; }
        die() { say "$*"; exit 1; }
        uname() { echo x86_64; }
        source "$WIREMESH_HOME/bin/kubernetes.sh"
        folder=$(kubernetes_folder)
        %s
        kubernetes_download "$folder" %s || die "PROBLEM: $PROBLEM"
        """
            .formatted(before, String.join(" ", programs)));
  }

  private Map<String, String> environment() {
    var mirror = "http://127.0.0.1:" + server.getAddress().getPort();
    return Map.of(
        "WIREMESH_HOME",
        Path.of("..").toAbsolutePath().normalize().toString(),
        "CACHE",
        cache.toString(),
        "WIREMESH_KUBERNETES_MIRROR",
        mirror,
        "WIREMESH_ETCD_MIRROR",
        mirror);
  }

  private CommandResult run(List<String> command) {
    var started = Command.of(command).withTimeout(Duration.ofMinutes(2));
    for (var variable : environment().entrySet()) {
      started = started.withEnvironment(variable.getKey(), variable.getValue());
    }
    return started.run();
  }

  private static void assertFails(CommandResult result, String... words) {
    assertThat(result.exitCode()).as(result.errors()).isEqualTo(1);
    assertThat(result.errors()).contains(words);
  }

  private Path folder() {
    return cache.resolve("kubernetes/" + KubernetesSource.VERSION);
  }

  private List<String> programs() throws IOException {
    try (var files = Files.list(folder())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .toList();
    }
  }

  private void publish(String path, byte[] content) {
    files.put(path, content);
    files.put(path + ".sha256", sha256(content).getBytes(StandardCharsets.UTF_8));
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    var path = exchange.getRequestURI().getPath();
    var range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(exchange.getRequestMethod() + " " + path + " " + range);
    try (exchange) {
      var content = files.get(path);
      if (content == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      int from = 0;
      if (range != null && ranges) {
        from = Integer.parseInt(range.replaceAll("[^0-9]", ""));
        exchange
            .getResponseHeaders()
            .add(
                "Content-Range",
                "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
      }
      exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
      var body = exchange.getResponseBody();
      int half = from + (content.length - from) / 2;
      if (path.endsWith("kube-apiserver") && cuts > 0) {
        cuts--;
        body.write(content, from, half - from);
        body.flush();
        return; // closes the connection in the middle
      }
      body.write(content, from, half - from);
      body.flush();
      if (stalls && path.endsWith("kube-apiserver")) {
        resume.await();
      }
      body.write(content, half, content.length - half);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
