package dev.wiremesh.lab;

import dev.wiremesh.lab.control.ControlClient;
import dev.wiremesh.lab.torture.Torture;
import dev.wiremesh.lab.torture.TortureOptions;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code lab torture}: a storm of changes, kills and hostile manifests against a running lab. */
@Command(
    name = "torture",
    description = {
      "Creates, changes and deletes peers, nodes and networks at random, and sends",
      "hostile manifests, while it kills the operator, the API server and then the",
      "agents. At the end everything must be right: one address, one key and one",
      "Secret each, and no lost ping. Removes what it made, also at Ctrl-C.",
      "Ends with 0 if all invariants hold, else with 1."
    })
final class TortureCommand implements Callable<Integer> {
  private static final int INTERRUPTED = 130;
  private static final int LONGEST_MINUTES = 24 * 60;
  private static final Duration SETTLE = Duration.ofSeconds(60);

  @ParentCommand private LabMain lab = new LabMain();

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "3",
      description = "Length of the storm (default: ${DEFAULT-VALUE}).")
  private int minutes;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Repeats the storm and the manifests of a seed (default: one of the time).")
  private @Nullable Long seed;

  @Option(
      names = "--manifests",
      paramLabel = "N",
      defaultValue = "300",
      description = "How many hostile manifests (default: ${DEFAULT-VALUE}).")
  private int manifests;

  @Option(
      names = "--laptops",
      paramLabel = "N",
      defaultValue = "2",
      description = "How many outside hosts stay connected (default: ${DEFAULT-VALUE}).")
  private int laptops;

  private final AtomicBoolean ending = new AtomicBoolean();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Preconditions.requireRange("--minutes", minutes, 1, LONGEST_MINUTES);
    Preconditions.requireRange("--manifests", manifests, 0, 100_000);
    Preconditions.requireRange("--laptops", laptops, 0, 20);
    var folder = lab.folder();
    var control = new ControlClient(folder);
    if (!folder.isLocked()) {
      throw folder.notUp();
    }
    var options =
        new TortureOptions(
            Duration.ofMinutes(minutes),
            seed == null ? System.currentTimeMillis() : seed,
            manifests,
            laptops,
            SETTLE);
    var main = Thread.currentThread();
    var removed = new CountDownLatch(1);
    // Ctrl-C interrupts the run, and waits until everything is removed.
    var hook =
        new Thread(() -> {
          ending.set(true);
          main.interrupt();
          try {
            removed.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Runtime.getRuntime().addShutdownHook(hook);
    var config =
        new ConfigBuilder(Config.fromKubeconfig(Files.readString(folder.kubeconfig())))
            .withRequestRetryBackoffLimit(2)
            .build();
    try (var client = new KubernetesClientBuilder().withConfig(config).build();
        var torture = new Torture(control, client, options, new ProgressLog())) {
      var report = torture.run();
      System.out.println(TortureText.of(report));
      System.out.flush();
      return report.allHold() ? 0 : 1;
    } catch (InterruptedException | RuntimeException e) {
      if (ending.get()) {
        return INTERRUPTED;
      }
      throw e;
    } finally {
      removed.countDown();
    }
  }
}
