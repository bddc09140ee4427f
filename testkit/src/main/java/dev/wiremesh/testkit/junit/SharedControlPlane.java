package dev.wiremesh.testkit.junit;

import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.kubernetes.ControlPlaneOptions;
import dev.wiremesh.testkit.kubernetes.KubernetesBinaries;
import dev.wiremesh.testkit.kubernetes.KubernetesSource;
import dev.wiremesh.testkit.process.Reaper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a control plane: the one of the JVM, started when the first test asks and gone with
 * the JVM, or one of the class's own ({@link RequiresKubernetes#own}), which ends with the class.
 * After a failed test its logs are kept in {@code target/kubernetes-logs}.
 */
public final class SharedControlPlane implements ParameterResolver, AfterTestExecutionCallback {
  private static final Namespace STORE = Namespace.create(SharedControlPlane.class);

  private static @Nullable KubernetesBinaries binaries;
  private static @Nullable ControlPlane running;
  private static boolean someTestFailed;

  /** The control plane of this JVM; starts it if this is the first call. */
  public static synchronized ControlPlane get() {
    if (running == null) {
      var started = Started.start();
      Runtime.getRuntime().addShutdownHook(new Thread(started::close));
      running = started.controlPlane;
    }
    return running;
  }

  /** The programs of a control plane, built if need be; no two builds at a time. */
  static synchronized KubernetesBinaries binaries() {
    if (binaries == null) {
      binaries = new KubernetesSource(System.getenv(), SharedControlPlane::tell).get();
    }
    return binaries;
  }

  private static void tell(String line) {
    // Not through a logger: a build of minutes must be seen whatever the module's logging is.
    System.err.println(line);
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
    var test = classOf(context);
    var needs = test.getRequiredTestClass().getAnnotation(RequiresKubernetes.class);
    return needs != null && needs.own()
        ? test.getStore(STORE)
            .computeIfAbsent(Started.class, key -> Started.start(), Started.class)
            .controlPlane
        : get();
  }

  /** The context of the outermost class of a test. */
  private static ExtensionContext classOf(ExtensionContext context) {
    var parent = context.getParent();
    return parent.isPresent() && parent.get().getTestClass().isPresent()
        ? classOf(parent.get())
        : context;
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      rememberFailure();
    }
  }

  /** A control plane that runs, and the folder of its files. */
  private record Started(ControlPlane controlPlane, Path folder) implements AutoCloseable {

    static Started start() {
      var binaries = binaries();
      try {
        var folder = Files.createTempDirectory("wiremesh-kubernetes-");
        Reaper.removeFolderAtExit(folder);
        var began = System.nanoTime();
        var controlPlane = ControlPlane.start(binaries, ControlPlaneOptions.onLoopback(folder));
        tell(
            "Kubernetes answers at %s after %.1f s"
                .formatted(controlPlane.server(), (System.nanoTime() - began) / 1e9));
        return new Started(controlPlane, folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      controlPlane.close();
      if (failed()) {
        keepLogs(controlPlane.logs(), folder);
      }
    }
  }
}
