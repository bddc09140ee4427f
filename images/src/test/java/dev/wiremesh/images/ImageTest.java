package dev.wiremesh.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import dev.wiremesh.testkit.junit.RequiresRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of a small program, made as those of operator and agent are. */
class ImageTest {
  @TempDir private static Path folder;
  private static Path runtime;
  private static Program program;
  private static Path image;

  @BeforeAll
  static void packAProgram() throws Exception {
    runtime = folder.resolve("java");
    JavaRuntime.link(runtime, List.of());
    var jars = Files.createDirectories(folder.resolve("jars"));
    try (var jar = new JarOutputStream(Files.newOutputStream(jars.resolve("wiremesh-hello.jar")))) {
      var name = Hello.class.getName().replace('.', '/') + ".class";
      var entry = new JarEntry(name);
      entry.setTime(0);
      jar.putNextEntry(entry);
      try (var in = Hello.class.getResourceAsStream("/" + name)) {
        in.transferTo(jar);
      }
    }
    var bill =
        Files.writeString(
            folder.resolve("bom.json"),
            "{\"bomFormat\": \"CycloneDX\", \"components\": [{\"name\": \"a-library\"}]}");
    program = hello(jars, bill, Optional.empty());
    image = tar(program, "image");
  }

  private static Program hello(Path jars, Path bill, Optional<Program.Training> training) {
    return new Program(
        new Program.Label("hello", "Hello", "Says hello."),
        new Program.App(Hello.class.getName(), jars, bill),
        Program.MachineFiles.NONE,
        "65532:65532",
        training);
  }

  /** The program in the image. */
  static final class Hello {
    public static void main(String[] arguments) throws Exception {
      // A jlink runtime that lacks modules fails first at name resolution and TLS.
      java.net.InetAddress.getByName("localhost");
      var trusted = javax.net.ssl.TrustManagerFactory.getInstance("PKIX");
      System.out.println("hello from " + List.of(arguments) + " with " + trusted.getAlgorithm());
    }
  }

  @Test
  void equalContentsGiveEqualImages() throws Exception {
    assertThat(Files.mismatch(image, tar(program, "again"))).isEqualTo(-1);
  }

  @Test
  void archiveIsWhatDockerAndContainerdLoad() throws Exception {
    var content = unpack(image, "archive");
    assertThat(Files.readString(content.resolve("manifest.json")))
        .contains("\"RepoTags\":[\"wiremesh.dev/hello:1\"]");
    assertThat(Files.readString(content.resolve("config.json")))
        .contains(
            "\"os\":\"linux\"",
            "\"User\":\"65532:65532\"",
            "\"org.opencontainers.image.version\":\"1\"",
            "\"org.opencontainers.image.description\":\"Says hello.\"",
            "[\"/opt/java/bin/java\",\"@/opt/wiremesh/lib/hello.options\"",
            "\"PATH=/opt/java/bin:");
  }

  @Test
  @RequiresRoot
  void runsFromNothingButItsLayers() throws Exception {
    var root = root(unpack(image, "running"));
    assertThat(root.resolve("opt/wiremesh/sbom/hello.cdx.json")).exists();
    assertThat(run(root)).contains("hello from [inside] with PKIX");
  }

  @Test
  @RequiresRoot
  void startsFromItsAotCache() throws Exception {
    var trained =
        hello(
            program.app().jars(),
            program.app().bill(),
            Optional.of(new Program.Training(Map.of(), "hello from")));
    var root = root(unpack(tar(trained, "trained"), "from-cache"));
    // In this mode a Java that cannot use its cache does not start at all.
    assertThat(run(root, "-XX:AOTMode=on")).contains("hello from [inside] with PKIX");
  }

  private static String run(Path root, String... flags) {
    // The loader finds the runtime's own libraries through /proc, which every container has.
    var script =
        """
        root=$1; main=$2; shift 2
        mkdir -p "$root/proc" && mount -t proc proc "$root/proc" &&
        exec chroot --userspec=65532:65532 "$root" /opt/java/bin/java "$@" \
          @/opt/wiremesh/lib/hello.options "$main" inside\
        """;
    var command = new ArrayList<>(List.of("unshare", "--mount", "--pid", "--fork", "sh", "-c"));
    command.addAll(List.of(script, "sh", root.toString(), Hello.class.getName()));
    command.addAll(List.of(flags));
    return Commands.run(command);
  }

  @Test
  void billNamesWhatTheImageHolds() throws Exception {
    var root = root(unpack(image, "bill"));
    var bill =
        new ObjectMapper().readTree(root.resolve("opt/wiremesh/sbom/hello.cdx.json").toFile());
    assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
    var names = bill.path("components").findValuesAsText("name");
    assertThat(names)
        .contains("a-library", "openjdk")
        .as("the C library, as a package or as a file")
        .anyMatch(name -> name.contains("libc"));
    assertThat(bill.path("components").findValuesAsText("bom-ref")).doesNotHaveDuplicates();
  }

  @Test
  void onAnotherBaseItsOwnJavaRuns() throws Exception {
    var plan =
        new Image(program, "1", folder.resolve("work-base"))
            .onBase(
                "registry.example.com/java:25",
                Set.of(new Platform("amd64", "linux"), new Platform("arm64", "linux")))
            .toContainerBuildPlan();
    assertThat(plan.getBaseImage()).isEqualTo("registry.example.com/java:25");
    assertThat(plan.getPlatforms()).hasSize(2);
    assertThat(plan.getEntrypoint())
        .containsExactly("java", "@/opt/wiremesh/lib/hello.options", Hello.class.getName());
    assertThat(plan.getEnvironment()).as("its PATH is the base's").doesNotContainKey("PATH");
  }

  @Test
  void missingToolIsNamed() {
    var needy =
        new Program(
            new Program.Label("needy", "Needy", "Needs a tool that is not installed."),
            program.app(),
            new Program.MachineFiles(List.of("no-such"), List.of()),
            "0:0",
            Optional.empty());
    assertThatThrownBy(() -> new Image(needy, "1", folder).onThisMachinesBase(runtime))
        .isInstanceOf(ImagesException.class)
        .hasMessageContaining("'no-such', which is not installed here");
  }

  private static Path tar(Program what, String name) throws InvalidImageReferenceException {
    var tar = folder.resolve(name + ".tar");
    Image.containerize(
        new Image(what, "1", folder.resolve("work-" + name)).onThisMachinesBase(runtime),
        Containerizer.to(TarImage.at(tar).named("wiremesh.dev/hello:1")).setOfflineMode(true),
        false,
        folder.resolve("cache-" + name));
    return tar;
  }

  private static Path unpack(Path tar, String name) throws IOException {
    var target = Files.createDirectories(folder.resolve(name));
    Commands.run(List.of("tar", "-xf", tar.toString(), "-C", target.toString()));
    return target;
  }

  private static Path root(Path image) throws IOException {
    var root = Files.createDirectories(image.resolve("root"));
    try (var layers = Files.newDirectoryStream(image, "*.tar.gz")) {
      for (var layer : layers) {
        Commands.run(List.of("tar", "-xzf", layer.toString(), "-C", root.toString()));
      }
    }
    // The folder that a test library made is for its owner only.
    Commands.run(List.of("chmod", "-R", "a+rX", root.toString()));
    return root;
  }
}
