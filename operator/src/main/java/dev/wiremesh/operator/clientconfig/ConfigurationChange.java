package dev.wiremesh.operator.clientconfig;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;

/** The difference between two configuration files as a list of keys, never of values. */
public final class ConfigurationChange {
  private ConfigurationChange() {}

  /** The changed keys in alphabetical order, or {@code comments}. */
  public static String between(String before, String after) {
    var old = lines(before);
    var now = lines(after);
    var changed = new TreeSet<String>();
    for (var name : now.keySet()) {
      if (!now.get(name).equals(old.get(name))) {
        changed.add(name);
      }
    }
    old.keySet().stream().filter(name -> !now.containsKey(name)).forEach(changed::add);
    return changed.isEmpty() ? "comments" : String.join(", ", changed);
  }

  private static Map<String, String> lines(String text) {
    var lines = new LinkedHashMap<String, String>();
    text.lines()
        .filter(line -> !line.startsWith("#"))
        .filter(line -> line.contains(" = "))
        .forEach(line -> {
          int equals = line.indexOf(" = ");
          lines.merge(line.substring(0, equals), line.substring(equals), (one, more) -> one + more);
        });
    return lines;
  }
}
