package dev.wiremesh.testkit.junit;

import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.kubernetes.ControlPlaneOptions;
import dev.wiremesh.testkit.kubernetes.KubernetesSource;
import dev.wiremesh.testkit.process.Reaper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One control plane for all tests of a JVM: started when the first asks, gone with the JVM. After a
 * failed test its logs are kept in {@code target/kubernetes-logs}.
 */
public final class SharedControlPlane implements ParameterResolver, AfterTestExecutionCallback {
  private static @Nullable ControlPlane running;
  private static boolean someTestFailed;

  /** The control plane of this JVM; starts it if this is the first call. */
  public static synchronized ControlPlane get() {
    if (running == null) {
      running = start();
    }
    return running;
  }

  private static ControlPlane start() {
    var binaries = new KubernetesSource(System.getenv(), SharedControlPlane::tell).get();
    try {
      var folder = Files.createTempDirectory("wiremesh-kubernetes-");
      Reaper.removeFolderAtExit(folder);
      var began = System.nanoTime();
      var controlPlane = ControlPlane.start(binaries, ControlPlaneOptions.onLoopback(folder));
      tell(
          "Kubernetes answers at %s after %.1f s"
              .formatted(controlPlane.server(), (System.nanoTime() - began) / 1e9));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(controlPlane, folder)));
      return controlPlane;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void tell(String line) {
    // Not through a logger: a build of minutes must be seen whatever the module's logging is.
    System.err.println(line);
  }

  private static void stop(ControlPlane controlPlane, Path folder) {
    controlPlane.close();
    if (failed()) {
      keepLogs(controlPlane.logs(), folder);
    }
  }

  private static synchronized boolean failed() {
    return someTestFailed;
  }

  private static synchronized void rememberFailure() {
    someTestFailed = true;
  }

  private static void keepLogs(Path logs, Path folder) {
    var kept = Path.of("target", "kubernetes-logs", String.valueOf(folder.getFileName()));
    try (var files = Files.list(logs)) {
      Files.createDirectories(kept);
      for (var file : files.toList()) {
        Files.copy(file, kept.resolve(String.valueOf(file.getFileName())));
      }
      System.err.println("A test failed; Kubernetes' logs are in " + kept.toAbsolutePath());
    } catch (IOException e) {
      System.err.println("Cannot keep Kubernetes' logs: " + e);
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == ControlPlane.class;
  }

  @Override
  public ControlPlane resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return get();
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      rememberFailure();
    }
  }
}
