package dev.wiremesh.api.json;

import static java.util.stream.Collectors.joining;

import java.util.List;

/**
 * Parts of an object's spec that this version of the program cannot read: a newer version wrote
 * them, or an older schema let them through. Immutable.
 *
 * @param unreadable values that have a meaning which is unknown here; such an object is left out
 * @param unknownFields fields that do not exist here; the rest of the object is in force
 */
public record ReadProblems(List<String> unreadable, List<String> unknownFields) {
  public static final ReadProblems NONE = new ReadProblems(List.of(), List.of());

  /** Conditions and log lines name so many of them. */
  private static final int MOST_NAMES = 5;

  private static final int LONGEST_NAME = 120;

  public ReadProblems {
    unreadable = List.copyOf(unreadable);
    unknownFields = List.copyOf(unknownFields);
  }

  /** Whether the object has to be left out. */
  public boolean isUnreadable() {
    return !unreadable.isEmpty();
  }

  /** The sentence for a condition of an object that is left out. */
  public String unreadableSentence() {
    return "This version of Wiremesh cannot read "
        + names(unreadable)
        + ": change the value, or install the version that knows it.";
  }

  /** The sentence for a condition of an object that is in force without some of its fields. */
  public String unknownSentence() {
    return "This version of Wiremesh does not know " + names(unknownFields) + "; it has no effect.";
  }

  private static String names(List<String> names) {
    var first =
        names.stream()
            .limit(MOST_NAMES)
            .map(name -> name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) : name)
            .collect(joining(", "));
    int more = names.size() - MOST_NAMES;
    return more > 0 ? first + " and " + more + " more" : first;
  }
}
