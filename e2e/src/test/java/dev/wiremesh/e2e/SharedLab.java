package dev.wiremesh.e2e;

import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.cluster.LabDirectory;
import dev.wiremesh.lab.cluster.LabOptions;
import dev.wiremesh.testkit.junit.Requirement;
import dev.wiremesh.testkit.kubernetes.KubernetesSource;
import dev.wiremesh.testkit.process.Reaper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One lab for all tests of a JVM, beside whatever lab the user has: started when the first asks,
 * ended after the last. After a failed test its logs are kept in {@code target/lab-logs}.
 */
final class SharedLab implements ExecutionCondition, ParameterResolver, AfterTestExecutionCallback {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(SharedLab.class);
  private static final int NODES = 3;

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return new KubernetesSource(System.getenv(), System.err::println).wouldUse().isPresent()
        ? Requirement.met()
        : Requirement.missing("no Kubernetes API server to be had (bin/wiremesh setup)");
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Lab.class;
  }

  @Override
  public Lab resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return running(context).lab;
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      running(context).keepLogs(context.getDisplayName());
    }
  }

  private static Running running(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(STORE)
        .computeIfAbsent(Running.class, type -> Running.start(), Running.class);
  }

  /** The lab; the store closes it when the last test is over. */
  private record Running(Lab lab) implements AutoCloseable {

    static Running start() {
      try {
        var state = Files.createTempDirectory("wiremesh-e2e-");
        Reaper.removeFolderAtExit(state);
        var folder = new LabDirectory("e2e" + ProcessHandle.current().pid(), state.resolve("lab"));
        var lab =
            Lab.start(
                new LabOptions(folder, NODES, List.of(), Optional.empty()),
                System.getenv(),
                System.err::println);
        var running = new Running(lab);
        var report = lab.awaitComplete();
        if (!report.complete()) {
          running.keepLogs("start");
          lab.close();
          throw new AssertionError("the quickstart mesh did not come up: " + report);
        }
        return running;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void keepLogs(String test) {
      var kept = Path.of("target", "lab-logs", test.replaceAll("[^A-Za-z0-9]+", "-"));
      try (var files = Files.list(lab.folder().logs())) {
        Files.createDirectories(kept);
        for (var file : files.toList()) {
          Files.write(kept.resolve(String.valueOf(file.getFileName())), Files.readAllBytes(file));
        }
        System.err.println("The logs of the lab's programs are in " + kept.toAbsolutePath());
      } catch (IOException e) {
        System.err.println("Cannot keep the lab's logs: " + e);
      }
    }

    @Override
    public void close() {
      lab.close();
    }
  }
}
