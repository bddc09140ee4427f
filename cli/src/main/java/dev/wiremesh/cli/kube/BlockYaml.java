package dev.wiremesh.cli.kube;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A reader of the YAML that kubectl writes: maps and lists in blocks, each text on one line. It
 * declines every document that has anything else in it, so a document has one meaning here and in a
 * full parser, which takes a tenth of the time of a command to start. Used once, by one thread.
 */
final class BlockYaml {
  private static final Pattern ENTRY = Pattern.compile("([A-Za-z0-9_./-]+):(?: +(.*))?");

  /** A text without quotes that is no other thing: no comment, map, anchor, tag or folded block. */
  private static final Pattern PLAIN =
      Pattern.compile("[A-Za-z0-9_/+=](?:[A-Za-z0-9_./+=@ -]|:(?=[A-Za-z0-9_./]))*");

  private static final Pattern QUOTED = Pattern.compile("\"[^\"\\\\]*\"|'[^']*'");

  private final List<Line> lines;
  private int next;

  private BlockYaml(List<Line> lines) {
    this.lines = lines;
  }

  /**
   * The document as maps, lists, texts and nulls; numbers and truth values stay texts.
   *
   * @return empty if the document is no map, or not of this form
   */
  static Optional<Map<String, @Nullable Object>> read(String document) {
    try {
      var lines = new ArrayList<Line>();
      for (var text : document.split("\n", -1)) {
        var content = text.strip();
        boolean start = lines.isEmpty() && content.equals("---");
        if (!content.isEmpty() && !content.startsWith("#") && !start) {
          lines.add(Line.of(text));
        }
      }
      if (lines.isEmpty()) {
        return Optional.empty();
      }
      var reader = new BlockYaml(lines);
      var map = reader.map(0);
      return reader.next == lines.size() ? Optional.of(map) : Optional.empty();
    } catch (OtherFormException _) {
      return Optional.empty();
    }
  }

  /** The entries of a map that starts at the next line. */
  private Map<String, @Nullable Object> map(int indent) throws OtherFormException {
    var map = new LinkedHashMap<String, @Nullable Object>();
    while (next < lines.size() && lines.get(next).indent() == indent) {
      var line = lines.get(next);
      if (line.isItem()) {
        break;
      }
      var entry = ENTRY.matcher(line.text());
      if (!entry.matches() || map.containsKey(entry.group(1))) {
        throw new OtherFormException();
      }
      next++;
      var value = entry.group(2);
      map.put(entry.group(1), value == null ? block(indent) : scalar(value));
    }
    return map;
  }

  /**
   * The value of a key without a text: a deeper map or list, a list at the key's column, or null.
   */
  private @Nullable Object block(int indent) throws OtherFormException {
    if (next == lines.size() || lines.get(next).indent() < indent) {
      return null;
    }
    var line = lines.get(next);
    if (line.isItem()) {
      return list(line.indent());
    }
    return line.indent() > indent ? map(line.indent()) : null;
  }

  private List<@Nullable Object> list(int indent) throws OtherFormException {
    var list = new ArrayList<@Nullable Object>();
    while (next < lines.size() && lines.get(next).indent() == indent && lines.get(next).isItem()) {
      var line = lines.get(next);
      var item = line.item();
      if (ENTRY.matcher(item.text()).matches()) {
        // The item's first entry stands behind the dash, the others below it.
        lines.set(next, item);
        list.add(map(item.indent()));
      } else {
        next++;
        list.add(scalar(item.text()));
      }
    }
    return list;
  }

  private static @Nullable Object scalar(String text) throws OtherFormException {
    if (QUOTED.matcher(text).matches()) {
      return text.substring(1, text.length() - 1);
    }
    return switch (text) {
      case "{}" -> Map.of();
      case "[]" -> List.of();
      case "null", "Null", "NULL" -> null;
      default -> {
        if (!PLAIN.matcher(text).matches()) {
          throw new OtherFormException();
        }
        yield text;
      }
    };
  }

  /** A line without the spaces around its text. */
  private record Line(int indent, String text) {
    static Line of(String line) throws OtherFormException {
      var text = line.stripTrailing();
      int indent = 0;
      while (text.charAt(indent) == ' ') {
        indent++;
      }
      if (text.indexOf('\t') >= 0) {
        throw new OtherFormException();
      }
      return new Line(indent, text.substring(indent));
    }

    boolean isItem() {
      return text.startsWith("- ");
    }

    /** The text behind the dash, at its own column. */
    Line item() {
      var content = text.substring(1).stripLeading();
      return new Line(indent + text.length() - content.length(), content);
    }
  }

  /** Thrown for a document of another form. */
  private static final class OtherFormException extends Exception {
    private static final long serialVersionUID = 1L;

    OtherFormException() {
      super(null, null, false, false);
    }
  }
}
