package dev.wiremesh.testkit.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Prints the result of each scenario when it has run, and lists all of them in {@code
 * target/scenarios.txt} after the last test of the JVM.
 */
final class ScenarioReport implements TestWatcher {
  private static final Pattern VARIANT = Pattern.compile("\\[\\d+] (.*)");
  private static final Pattern PARAMETER = Pattern.compile("\\w+ = ");

  @Override
  public void testSuccessful(ExtensionContext context) {
    note(context, "passed");
  }

  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    note(context, "FAILED");
  }

  private static void note(ExtensionContext context, String result) {
    var row = ScenarioRow.of(context.getRequiredTestMethod());
    var variant = variantOf(context.getDisplayName());
    var line =
        "%s %s%s: %s"
            .formatted(
                result, row.name(), variant.isEmpty() ? "" : " (" + variant + ")", row.sentence());
    System.out.println("[scenario] " + line);
    context
        .getRoot()
        .getStore(Namespace.create(ScenarioReport.class))
        .computeIfAbsent(Results.class, key -> new Results(), Results.class)
        .lines
        .add(line);
  }

  /**
   * {@code [1] here = "WIREMESH", there = "WIREGUARD_GO"} becomes {@code wiremesh, wireguard-go}.
   */
  private static String variantOf(String displayName) {
    var matcher = VARIANT.matcher(displayName);
    return matcher.matches()
        ? PARAMETER
            .matcher(matcher.group(1))
            .replaceAll("")
            .replace("\"", "")
            .replace('_', '-')
            .toLowerCase(Locale.ROOT)
        : "";
  }

  /** All results of this JVM; closed by JUnit after the last test. */
  private static final class Results implements AutoCloseable {
    private static final Path FOLDER = Path.of("target");

    private final Set<String> lines = new ConcurrentSkipListSet<>();

    @Override
    public void close() throws IOException {
      if (Files.isDirectory(FOLDER)) {
        Files.write(FOLDER.resolve("scenarios.txt"), lines);
      }
    }
  }
}
