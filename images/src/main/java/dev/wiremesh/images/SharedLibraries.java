package dev.wiremesh.images;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The lookup of the shared libraries that a program needs, with the loader. */
final class SharedLibraries {
  /** {@code libc.so.6 => /lib/…/libc.so.6 (0x…)} and {@code /lib64/ld-linux-x86-64.so.2 (0x…)}. */
  private static final Pattern LINE = Pattern.compile("(?m)^\\s+(?:\\S+ => )?(/\\S+) \\(0x");

  private SharedLibraries() {}

  static SortedSet<Path> of(Collection<Path> binaries) {
    var found = new TreeSet<Path>();
    for (var binary : binaries) {
      // ldd ends with 1 for a script or a static program: these need no libraries.
      var output =
          Commands.run(
              List.of("sh", "-c", "ldd \"$1\" 2>/dev/null || true", "sh", binary.toString()));
      LINE.matcher(output).results().map(line -> Path.of(line.group(1))).forEach(found::add);
    }
    return found;
  }

  /** The path of a library that is opened by name, as the loader finds it. */
  static Optional<Path> named(String library) {
    var cached = Commands.run(List.of("sh", "-c", "/sbin/ldconfig -p 2>/dev/null || true"));
    return cached
        .lines()
        .map(String::strip)
        .filter(l -> l.startsWith(library + " ") && l.contains(" => "))
        .map(l -> Path.of(l.substring(l.indexOf(" => ") + 4)))
        .filter(Files::isReadable)
        .findFirst();
  }
}
