package dev.wiremesh.images;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import com.google.cloud.tools.jib.frontend.CredentialRetrieverFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;

/**
 * One image, with its layers ordered from rarely to often changed: files of this machine, the Java
 * runtime, libraries, Wiremesh's own jars, the {@link AotCache}. Every file has the same time and
 * owner, and files are in the order of their names: equal contents give equal images (but two AOT
 * caches of one program are never equal).
 */
final class Image {
  /** The time of every file. */
  static final Instant TIME = Instant.EPOCH;

  private static final String JAVA = "/opt/java";
  private static final String HOME = "/opt/wiremesh";

  private final Program program;
  private final String version;
  private final Path work;

  Image(Program program, String version, Path work) {
    this.program = program;
    this.version = version;
    this.work = work;
  }

  /** On a base made of this machine's JDK and libraries, for machines like this one. */
  JibContainerBuilder onThisMachinesBase(Path runtime) throws InvalidImageReferenceException {
    var tools = new ArrayList<Path>();
    for (var tool : program.machine().tools()) {
      tools.add(
          Commands.find(tool)
              .orElseThrow(() ->
                  new ImagesException(
                      "the %s needs '%s', which is not installed here: run bin/wiremesh setup"
                          .formatted(program.name(), tool))));
    }
    var binaries = new ArrayList<>(JavaRuntime.binaries(runtime));
    binaries.addAll(tools);
    for (var library : program.machine().libraries()) {
      SharedLibraries.named(library).ifPresent(binaries::add);
    }
    var libraries = new TreeSet<>(SharedLibraries.of(binaries));
    libraries.removeIf(library -> library.startsWith(runtime));
    for (var library : program.machine().libraries()) {
      SharedLibraries.named(library).ifPresent(libraries::add);
    }
    var fromHere = new ArrayList<>(libraries);
    fromHere.addAll(tools);
    BillOfMaterials.write(program.app().bill(), fromHere, completedBill());

    var system = layer("system");
    for (var library : libraries) {
      add(system, library, library.toString(), "755");
    }
    for (var tool : tools) {
      add(system, tool, "/usr/sbin/" + tool.getFileName(), "755");
    }
    write(
        system,
        "/etc/passwd",
        "root:x:0:0:root:/:/sbin/nologin\nwiremesh:x:65532:65532:wiremesh:/:/sbin/nologin\n");
    write(system, "/etc/group", "root:x:0:\nwiremesh:x:65532:\n");
    write(system, "/etc/nsswitch.conf", "hosts: files dns\n");
    directory(system, "/tmp", "777");

    var java = layer("java");
    addAll(java, runtime, JAVA);
    try {
      return finish(
              Jib.fromScratch(),
              JAVA + "/bin/java",
              List.of(system.build(), java.build()),
              Optional.of(runtime))
          // As in every image with a Java: the chart's jobs call java by its name.
          .addEnvironmentVariable("PATH", JAVA + "/bin:/usr/sbin:/usr/bin:/sbin:/bin")
          .setPlatforms(Set.of(thisMachine()));
    } catch (IllegalArgumentException e) {
      throw new ImagesException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
    }
  }

  /** On an image of a registry that has a Java runtime on its path. */
  JibContainerBuilder onBase(String base, Set<Platform> platforms)
      throws InvalidImageReferenceException {
    return finish(Jib.from(registry(base)), "java", List.of(), Optional.empty())
        .setPlatforms(platforms);
  }

  /** The image's bill of materials; on top of an image of a registry, only the added layers. */
  Path bill() {
    return Files.exists(completedBill()) ? completedBill() : program.app().bill();
  }

  private Path completedBill() {
    return work.resolve("bills").resolve(program.name() + ".cdx.json");
  }

  /**
   * @param runtime the Java of the base, if it runs on this machine
   */
  private JibContainerBuilder finish(
      JibContainerBuilder builder,
      String java,
      List<FileEntriesLayer> base,
      Optional<Path> runtime) {
    var libraries = layer("libraries");
    var own = layer("wiremesh");
    var jars = files(program.app().jars());
    if (jars.isEmpty()) {
      throw new ImagesException(program.app().jars() + " holds no jars: build the project first");
    }
    var folder = "%s/lib/%s".formatted(HOME, program.name());
    var classPath = new ArrayList<String>();
    for (var jar : jars) {
      var name = String.valueOf(jar.getFileName());
      var target = folder + "/" + name;
      add(name.startsWith("wiremesh-") ? own : libraries, jar, target, "644");
      classPath.add(target);
    }
    var flags = new ArrayList<>(Program.JVM_FLAGS);
    flags.addAll(program.app().flags());
    program.app().modules().forEach(module -> flags.add("--add-modules " + module));
    var cache = runtime.flatMap(here -> AotCache.make(program, here, flags, jars, work));
    if (cache.isPresent()) {
      flags.addAll(
          List.of("-XX:AOTCache=%s.aot".formatted(folder), "-Xlog:aot=off", "-Xlog:cds=off"));
    }
    flags.add("-cp " + String.join(":", classPath));
    var options = folder + ".options";
    write(own, options, String.join("\n", flags) + "\n");
    if (Files.exists(bill())) {
      add(own, bill(), HOME + "/sbom/" + program.name() + ".cdx.json", "644");
    }
    var layers = new ArrayList<>(base);
    layers.add(libraries.build());
    layers.add(own.build());
    if (cache.isPresent()) {
      var start = layer("start");
      add(start, cache.get(), folder + ".aot", "644");
      layers.add(start.build());
    }
    return builder
        // The format that every docker and every containerd loads.
        .setFormat(ImageFormat.Docker)
        .setFileEntriesLayers(layers)
        .setEntrypoint(java, "@" + options, program.app().mainClass())
        .setUser(program.user())
        .setCreationTime(TIME)
        .setLabels(
            Map.of(
                "org.opencontainers.image.title",
                program.label().title(),
                "org.opencontainers.image.description",
                program.label().description(),
                "org.opencontainers.image.version",
                version,
                "org.opencontainers.image.licenses",
                "Apache-2.0",
                "org.opencontainers.image.documentation",
                "https://wiremesh.dev/docs/"));
  }

  /**
   * Builds the image and writes or pushes it; returns its digest.
   *
   * @param withoutTls whether to accept a registry without TLS, or with a self-signed certificate
   */
  static JibContainer containerize(
      JibContainerBuilder image, Containerizer where, boolean withoutTls, Path cache) {
    try {
      return image.containerize(
          where
              .setBaseImageLayersCache(cache.resolve("base"))
              .setApplicationLayersCache(cache.resolve("layers"))
              .setAllowInsecureRegistries(withoutTls)
              .setToolName("wiremesh"));
    } catch (RegistryException | IOException | CacheDirectoryCreationException e) {
      throw new ImagesException("cannot make the image: " + e.getMessage(), e);
    } catch (ExecutionException e) {
      var cause = Optional.ofNullable(e.getCause()).orElse(e);
      throw new ImagesException("cannot make the image: " + cause.getMessage(), cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ImagesException("interrupted", e);
    }
  }

  /** An image of a registry, with the credentials that docker or podman have for it. */
  static RegistryImage registry(String reference) throws InvalidImageReferenceException {
    var image = com.google.cloud.tools.jib.api.ImageReference.parse(reference);
    return RegistryImage.named(image)
        .addCredentialRetriever(
            CredentialRetrieverFactory.forImage(image, event -> {}).dockerConfig());
  }

  /** Registries on loopback need no certificate. */
  static boolean isOnLoopback(String reference) {
    return reference.matches("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?/.*");
  }

  private static Platform thisMachine() {
    var architecture = System.getProperty("os.arch");
    return new Platform(
        switch (architecture) {
          case "amd64", "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          default -> architecture;
        },
        "linux");
  }

  private static FileEntriesLayer.Builder layer(String name) {
    return FileEntriesLayer.builder().setName(name);
  }

  private static void add(
      FileEntriesLayer.Builder layer, Path file, String target, String permissions) {
    try {
      layer.addEntry(
          file.toRealPath(),
          AbsoluteUnixPath.get(target),
          FilePermissions.fromOctalString(permissions),
          TIME);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void addAll(FileEntriesLayer.Builder layer, Path folder, String target) {
    for (var file : files(folder)) {
      add(
          layer,
          file,
          target + "/" + folder.relativize(file),
          Files.isExecutable(file) ? "755" : "644");
    }
  }

  private void write(FileEntriesLayer.Builder layer, String target, String text) {
    try {
      var file = work.resolve("files").resolve(program.name()).resolve(target.substring(1));
      Files.createDirectories(file.resolveSibling(""));
      Files.writeString(file, text);
      add(layer, file, target, "644");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void directory(FileEntriesLayer.Builder layer, String target, String permissions) {
    try {
      var folder = Files.createDirectories(work.resolve("folder"));
      add(layer, folder, target, permissions);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
