package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Prose in Markdown is wrapped at 120 columns. Tables, code blocks and long words are excepted. */
class MarkdownWrapTest {
  static final int COLUMNS = 120;

  private static final Set<String> BUILD_FOLDERS = Set.of("target", "node_modules");

  @Test
  void proseIsWrapped() throws IOException {
    var pages = pages();
    assertThat(pages).hasSizeGreaterThan(20);
    assertThat(pages)
        .allSatisfy(page ->
            assertThat(longLines(Repository.read(page))).as("long lines of %s", page).isEmpty());
  }

  @Test
  void longLinesAreProseOnly() {
    var words = "word ".repeat(30).strip();
    var url = "https://example.com/" + "x".repeat(COLUMNS);
    assertThat(longLines(words)).containsExactly("1: " + words);
    assertThat(longLines("| " + words + " |\n\n```sh\n" + words + "\n```\n\n" + url)).isEmpty();
    assertThat(longLines("- " + url + "\n[text](" + url + ")")).isEmpty();
    assertThat(longLines("```\n```\n" + words)).containsExactly("3: " + words);
  }

  private static List<String> longLines(String page) {
    var found = new ArrayList<String>();
    boolean code = false;
    int number = 0;
    for (var line : page.lines().toList()) {
      number++;
      var text = line.strip();
      if (text.startsWith("```")) {
        code = !code;
      } else if (!code
          && !text.startsWith("|")
          && line.codePointCount(0, line.length()) > COLUMNS
          && !isOneLongWord(text)) {
        found.add(number + ": " + line);
      }
    }
    return found;
  }

  /** A URL or a path that cannot be broken, also as the only word of a list item. */
  private static boolean isOneLongWord(String text) {
    return text.replaceFirst("^([-*]|\\d+\\.) ", "").indexOf(' ') < 0;
  }

  private static List<Path> pages() throws IOException {
    var pages = new ArrayList<Path>();
    Files.walkFileTree(
        Repository.ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            var name = folder.getFileName().toString();
            boolean skipped =
                !folder.equals(Repository.ROOT)
                    && (name.startsWith(".") || BUILD_FOLDERS.contains(name));
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".md")) {
              pages.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return pages;
  }
}
