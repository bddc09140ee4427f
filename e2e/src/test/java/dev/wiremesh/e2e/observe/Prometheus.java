package dev.wiremesh.e2e.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.wiremesh.testkit.process.FreePort;
import dev.wiremesh.testkit.process.ManagedProcess;
import dev.wiremesh.testkit.process.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A real Prometheus on loopback, with rules. Thread-safe: all state is the server's. */
final class Prometheus implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private static final TypeReference<Map<String, String>> LABELS = new TypeReference<>() {};

  /** Also how long a scrape may take, and on a busy machine it takes seconds. */
  private static final String INTERVAL = "4s";

  private final ManagedProcess process;
  private final URI address;
  private final HttpClient http = HttpClient.newHttpClient();

  /** A scrape target: the job, the label {@code node} (may be empty), and host:port. */
  record Target(String job, String node, String address) {}

  static Prometheus start(Path folder, List<Target> targets, JsonNode rules) {
    try {
      Files.createDirectories(folder);
      YAML.writeValue(folder.resolve("rules.yaml").toFile(), rules);
      YAML.writeValue(folder.resolve("prometheus.yaml").toFile(), configuration(targets));
      return new Prometheus(folder, FreePort.choose());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Prometheus(Path folder, int port) {
    address = URI.create("http://127.0.0.1:" + port);
    process =
        ManagedProcess.start(
            "prometheus",
            List.of(
                Tools.find("prometheus").orElseThrow().toString(),
                "--config.file=" + folder.resolve("prometheus.yaml"),
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port),
            Map.of(),
            folder.resolve("prometheus.log"));
    await()
        .alias("Prometheus answers")
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> assertThat(isReady()).as(() -> process.lastLines(20)).isTrue());
  }

  private boolean isReady() {
    try {
      return !get("/api/v1/query?query=1").isMissingNode();
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private static Map<String, Object> configuration(List<Target> targets) {
    var jobs = new ArrayList<Map<String, Object>>();
    for (var job : new TreeSet<>(targets.stream().map(Target::job).toList())) {
      jobs.add(
          Map.of(
              "job_name",
              job,
              "static_configs",
              targets.stream()
                  .filter(target -> target.job().equals(job))
                  .map(target ->
                      Map.of(
                          "targets",
                          List.of(target.address()),
                          "labels",
                          target.node().isEmpty() ? Map.of() : Map.of("node", target.node())))
                  .toList()));
    }
    return Map.of(
        "global", Map.of("scrape_interval", INTERVAL, "evaluation_interval", "2s"),
        "rule_files", List.of("rules.yaml"),
        "scrape_configs", jobs);
  }

  /** The series of an instant query's answer, as labels. */
  List<Map<String, String>> query(String expression) {
    var answer =
        get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    var series = new ArrayList<Map<String, String>>();
    for (var sample : answer.path("result")) {
      series.add(JSON.convertValue(sample.path("metric"), LABELS));
    }
    return series;
  }

  /** Names of all metrics that any target has ever had. */
  Set<String> metrics() {
    var names = new TreeSet<String>();
    get("/api/v1/label/__name__/values").forEach(name -> names.add(name.asText()));
    return names;
  }

  /** Labels of the alerts that fire now; pending ones do not. */
  List<Map<String, String>> firing() {
    return query("ALERTS{alertstate=\"firing\"}");
  }

  /** Errors of rules, by name, and rules that were never evaluated. */
  Map<String, String> ruleErrors() {
    var errors = new TreeMap<String, String>();
    for (var group : get("/api/v1/rules").path("groups")) {
      for (var rule : group.path("rules")) {
        if (!rule.path("health").asText().equals("ok")) {
          errors.put(rule.path("name").asText(), rule.path("lastError").asText("not evaluated"));
        }
      }
    }
    return errors;
  }

  /** All alerts, as text for messages. */
  String alerts() {
    return get("/api/v1/alerts").toPrettyString();
  }

  private JsonNode get(String path) {
    try {
      var answer =
          http.send(
              HttpRequest.newBuilder(address.resolve(path)).timeout(Duration.ofSeconds(30)).build(),
              BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new AssertionError(path + ": " + answer.statusCode() + " " + answer.body());
      }
      return JSON.readTree(answer.body()).path("data");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    http.close();
    process.close();
  }
}
