package dev.wiremesh.testkit.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

  /** The last result of each test in this JVM, by JUnit's unique id. */
  private static final Map<String, String> LINES = new ConcurrentHashMap<>();

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
    LINES.put(context.getUniqueId(), line);
    context
        .getRoot()
        .getStore(Namespace.create(ScenarioReport.class))
        .computeIfAbsent(ScenarioList.class, key -> new ScenarioList(), ScenarioList.class);
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

  /** Written after the last test, also after that of a second run of the failed ones. */
  private static final class ScenarioList implements AutoCloseable {
    private static final Path FOLDER = Path.of("target");

    @Override
    public void close() throws IOException {
      if (Files.isDirectory(FOLDER)) {
        Files.write(
            FOLDER.resolve("scenarios.txt"), LINES.values().stream().sorted().distinct().toList());
      }
    }
  }
}
