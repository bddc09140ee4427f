package dev.wiremesh.testkit.junit;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Keeps classes that are {@link Isolated} apart from the tests of other JVMs: Maven runs modules
 * side by side. Every class holds a lock on a file of the checkout, shared with other JVMs, an
 * isolated one alone. JUnit registers it for all classes.
 *
 * <p>Thread-safe: the lock of the JVM and the number of its holders are guarded by the class.
 */
public final class MachineLock implements BeforeAllCallback, AfterAllCallback {
  private static int holders;
  private static @Nullable FileLock lock;

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    acquire(context.getRequiredTestClass().isAnnotationPresent(Isolated.class));
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    release();
  }

  private static synchronized void acquire(boolean alone) throws IOException {
    if (holders++ == 0) {
      lock = open().lock(0, Long.MAX_VALUE, !alone);
    }
  }

  private static synchronized void release() throws IOException {
    if (--holders == 0 && lock != null) {
      lock.acquiredBy().close();
      lock = null;
    }
  }

  private static FileChannel open() throws IOException {
    var checkout = Path.of("..");
    var folder =
        Files.exists(checkout.resolve("pom.xml")) ? checkout.resolve("target") : Path.of("target");
    return FileChannel.open(
        Files.createDirectories(folder).resolve("tests.lock"),
        StandardOpenOption.CREATE,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE);
  }
}
