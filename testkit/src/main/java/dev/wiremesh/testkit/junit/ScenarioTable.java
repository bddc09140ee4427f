package dev.wiremesh.testkit.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** {@code docs/reference/scenarios.md}: what stands above the table is kept, rows are replaced. */
public final class ScenarioTable {
  private static final String HEADER = "| Scenario | What it proves | Between | Tier | Result |";
  private static final String RULE = "| --- | --- | --- | --- | --- |";

  private final Path file;

  public ScenarioTable(Path file) {
    this.file = file;
  }

  /** The table of the checkout that the tests run in, if they do. */
  public static Optional<ScenarioTable> ofCheckout() {
    for (var folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      var file = folder.resolve("docs/reference/scenarios.md");
      if (Files.isRegularFile(file)) {
        return Optional.of(new ScenarioTable(file));
      }
    }
    return Optional.empty();
  }

  public List<ScenarioRow> rows() throws IOException {
    try (var lines = Files.lines(file)) {
      return lines.map(ScenarioRow::parse).filter(Objects::nonNull).toList();
    }
  }

  /** Puts in what has run, in the place of what was known of the same scenarios. */
  public void update(Collection<ScenarioRow> ran) throws IOException {
    var rows = new TreeMap<String, ScenarioRow>();
    rows().forEach(row -> rows.put(row.name(), row));
    ran.forEach(row -> rows.put(row.name(), row));
    write(rows.values());
  }

  /** Leaves only these rows. */
  public void write(Collection<ScenarioRow> rows) throws IOException {
    var text = new StringBuilder();
    for (var line : Files.readAllLines(file)) {
      if (line.equals(HEADER)) {
        break;
      }
      text.append(line).append('\n');
    }
    text.append(HEADER).append('\n').append(RULE).append('\n');
    rows.stream().sorted().forEach(row -> text.append(row.line()).append('\n'));
    if (!Files.readString(file).contentEquals(text)) {
      Files.writeString(file, text);
    }
  }
}
