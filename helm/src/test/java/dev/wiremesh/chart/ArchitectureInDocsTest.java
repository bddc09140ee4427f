package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Classes, paths and boundaries that docs/architecture.md names exist in the tree. */
final class ArchitectureInDocsTest {
  private static final String PAGE =
      Repository.read(Repository.ROOT.resolve("docs/architecture.md"));

  private static final Pattern PATH = Pattern.compile("`((?:[a-z0-9]+/)+[A-Z]\\w+)`");

  /** At least two humps, so that words such as `Ready` do not count. */
  private static final Pattern CLASS = Pattern.compile("`([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+)`");

  /** Keys and values that look like classes. */
  private static final Set<String> NO_CLASSES = Set.of("AllowedIPs");

  private static final Pattern TEST_METHOD = Pattern.compile("@Test\\s+void (\\w+)\\(");

  @Test
  void pathsLeadToClasses() throws IOException {
    var sources = sources();
    var paths = found(PATH, PAGE);
    assertThat(paths).hasSizeGreaterThan(15);
    assertThat(paths)
        .allMatch(path ->
            sources.stream()
                .anyMatch(file -> file.endsWith(Path.of("dev/wiremesh", path + ".java"))));
  }

  @Test
  void classesExist() throws IOException {
    var known = new TreeSet<>(NO_CLASSES);
    sources().forEach(file -> known.add(String.valueOf(file.getFileName()).replace(".java", "")));
    var named = found(CLASS, PAGE);
    assertThat(named).hasSizeGreaterThan(40);
    assertThat(known).containsAll(named);
  }

  @Test
  void boundariesAreThoseOfTheLayeringTest() {
    var test =
        Repository.read(
            Repository.ROOT.resolve("e2e/src/test/java/dev/wiremesh/e2e/LayeringTest.java"));
    var tested = found(TEST_METHOD, test);
    tested.remove("everyModuleIsLookedAt");
    int begin = PAGE.indexOf("## Boundaries that tests hold");
    var section = PAGE.substring(begin, PAGE.indexOf("\n## ", begin));
    assertThat(tested).allMatch(name -> section.contains("`" + name + "`"));
    assertThat(found(Pattern.compile("`([a-z]+(?:[A-Z][a-z]+)+)`"), section)).isSubsetOf(tested);
  }

  private static TreeSet<String> found(Pattern pattern, String text) {
    var found = new TreeSet<String>();
    pattern.matcher(text).results().forEach(match -> found.add(match.group(1)));
    return found;
  }

  private static List<Path> sources() throws IOException {
    var sources = new TreeSet<Path>();
    Files.walkFileTree(
        Repository.ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            var name = String.valueOf(folder.getFileName());
            return name.equals("target") || name.equals(".git") || name.equals("node_modules")
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java")) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return List.copyOf(sources);
  }
}
