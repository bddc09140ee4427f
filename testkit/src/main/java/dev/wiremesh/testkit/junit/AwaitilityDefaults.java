package dev.wiremesh.testkit.junit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The defaults of Awaitility in all tests: a condition has a minute and a half, and an exception in
 * it counts as "not yet". JUnit registers it for all classes.
 *
 * <p>A loaded machine with two cores takes many seconds for work that takes milliseconds on a quiet
 * one. A condition that reads the status of an object, a metrics page or the output of a program
 * meets states in which there is none yet: its exception must not end the wait. The last one is the
 * cause of the failure when the time is over.
 *
 * <p>Thread-safe: the values are constants.
 */
public final class AwaitilityDefaults implements BeforeAllCallback {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final boolean HAS_AWAITILITY = hasAwaitility();

  @Override
  public void beforeAll(ExtensionContext context) {
    if (HAS_AWAITILITY) {
      Awaitility.setDefaultTimeout(PATIENCE);
      Awaitility.ignoreExceptionsByDefault();
    }
  }

  /** Whether the module's tests have the library; the testkit brings it to none. */
  private static boolean hasAwaitility() {
    try {
      Class.forName("org.awaitility.Awaitility", false, AwaitilityDefaults.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
