package dev.wiremesh.cli.kube;

import java.util.Comparator;
import java.util.List;

/** Names that a mistyped one may have been meant for. */
public final class NearNames {
  private static final int MOST = 3;
  private static final int SHORTEST_PART = 3;

  private NearNames() {}

  /** At most three, the nearest first. */
  public static List<String> to(String name, List<String> names) {
    int most = Math.max(1, name.length() / 3);
    return names.stream()
        .distinct()
        .filter(it -> distance(name, it) <= most || contains(it, name) || contains(name, it))
        .sorted(Comparator.comparingInt((String it) -> distance(name, it)).thenComparing(it -> it))
        .limit(MOST)
        .toList();
  }

  private static boolean contains(String longer, String part) {
    return part.length() >= SHORTEST_PART && longer.contains(part);
  }

  /** Insertions, deletions, substitutions and swaps of neighbours between two words. */
  static int distance(String one, String other) {
    var rows = new int[one.length() + 1][other.length() + 1];
    for (int i = 0; i <= one.length(); i++) {
      for (int j = 0; j <= other.length(); j++) {
        if (i == 0 || j == 0) {
          rows[i][j] = i + j;
          continue;
        }
        boolean same = one.charAt(i - 1) == other.charAt(j - 1);
        int least =
            Math.min(
                rows[i - 1][j - 1] + (same ? 0 : 1), Math.min(rows[i - 1][j], rows[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)) {
          least = Math.min(least, rows[i - 2][j - 2] + 1);
        }
        rows[i][j] = least;
      }
    }
    return rows[one.length()][other.length()];
  }
}
