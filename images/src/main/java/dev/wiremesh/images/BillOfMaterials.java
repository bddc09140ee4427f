package dev.wiremesh.images;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The bill of materials of an image, as CycloneDX: the program's libraries, which the build lists,
 * the Java runtime, and this machine's shared libraries and tools with the packages that own them.
 */
final class BillOfMaterials {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** The package managers of most distributions; asked in this order. */
  private static final List<String> PACKAGE_OF_FILE =
      List.of(
          """
          command -v dpkg-query > /dev/null || exit 0
          package=$(dpkg-query -S "$1" 2> /dev/null || dpkg-query -S "${1#/usr}" 2> /dev/null) || exit 0
          dpkg-query -W -f 'deb ${Package} ${Version}\\n' "${package%%: *}"
          """,
          """
          command -v rpm > /dev/null || exit 0
          rpm -qf --qf 'rpm %{NAME} %{VERSION}-%{RELEASE}\\n' "$1" 2> /dev/null || true
          """);

  private BillOfMaterials() {}

  /** Adds the Java runtime and files of this machine to a program's bill. */
  static void write(Path programs, Collection<Path> files, Path target) {
    try {
      var bill =
          Files.exists(programs)
              ? (ObjectNode) JSON.readTree(programs.toFile())
              : JSON.createObjectNode().put("bomFormat", "CycloneDX").put("specVersion", "1.6");
      ArrayNode components = bill.withArray("components");
      java(components.addObject());
      var packages = new TreeMap<String, Path>();
      for (var file : files) {
        packages.putIfAbsent(packageOf(file).orElse("file " + file), file);
      }
      packages.forEach((origin, file) -> component(components.addObject(), origin, file));
      Files.createDirectories(target.resolveSibling(""));
      JSON.writeValue(target.toFile(), bill);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void java(ObjectNode component) {
    var version = Runtime.version().toString();
    component
        .put("type", "platform")
        .put("bom-ref", "pkg:generic/openjdk@" + version)
        .put("name", "openjdk")
        .put("version", version)
        .put("purl", "pkg:generic/openjdk@" + version)
        .putObject("supplier")
        .put("name", System.getProperty("java.vendor", "unknown"));
  }

  /** {@code deb libc6 2.36-9}, or {@code file /lib/…} if no package owns it. */
  private static void component(ObjectNode component, String origin, Path file) {
    var words = origin.split(" ", 3);
    if (words.length == 3) {
      var url = "pkg:%s/%s@%s".formatted(words[0], words[1], words[2].replace("+", "%2B"));
      component
          .put("type", "library")
          .put("bom-ref", url)
          .put("name", words[1])
          .put("version", words[2])
          .put("purl", url);
    } else {
      component.put("type", "file").put("bom-ref", origin).put("name", file.toString());
      component.putArray("hashes").addObject().put("alg", "SHA-256").put("content", digest(file));
    }
  }

  private static Optional<String> packageOf(Path file) {
    return PACKAGE_OF_FILE.stream()
        .map(script -> Commands.run(List.of("sh", "-c", script, "sh", real(file).toString())))
        .map(String::strip)
        .filter(origin -> !origin.isEmpty())
        .map(origin -> origin.lines().findFirst().orElseThrow())
        .findFirst();
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String digest(Path file) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(digest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
