package dev.wiremesh.testkit.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Names each scenario when it has run; when all have, lists them in {@code target/scenarios.txt}
 * and puts their results in the table.
 */
final class ScenarioReport implements TestWatcher {
  private static final Pattern VARIANT = Pattern.compile("\\[\\d+] (.*)");
  private static final Pattern PARAMETER = Pattern.compile("\\w+ = ");

  @Override
  public void testSuccessful(ExtensionContext context) {
    note(context, true);
  }

  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    note(context, false);
  }

  private static void note(ExtensionContext context, boolean passed) {
    var row = ScenarioRow.of(context.getRequiredTestMethod());
    var variant = variantOf(context.getDisplayName());
    var line =
        "%s %s%s: %s"
            .formatted(
                passed ? ScenarioRow.PASSED : ScenarioRow.FAILED,
                row.name(),
                variant.isEmpty() ? "" : " (" + variant + ")",
                row.sentence());
    System.out.println("[scenario] " + line);
    var results =
        context
            .getRoot()
            .getStore(Namespace.create(ScenarioReport.class))
            .computeIfAbsent(Results.class, key -> new Results(), Results.class);
    results.lines.add(line);
    results.rows.merge(
        row.name(), row.with(variant, passed), (before, now) -> before.with(variant, passed));
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
            .replace("|", "\\|")
            .toLowerCase(Locale.ROOT)
        : "";
  }

  /** All results of this JVM; closed by JUnit after the last test. */
  private static final class Results implements AutoCloseable {
    private static final Path FOLDER = Path.of("target");

    private final Map<String, ScenarioRow> rows = new ConcurrentHashMap<>();
    private final Set<String> lines = new ConcurrentSkipListSet<>();

    @Override
    public void close() throws IOException {
      if (Files.isDirectory(FOLDER)) {
        Files.write(FOLDER.resolve("scenarios.txt"), lines);
      }
      var table = ScenarioTable.ofCheckout();
      if (table.isPresent()) {
        table.get().update(rows.values());
      }
    }
  }
}
