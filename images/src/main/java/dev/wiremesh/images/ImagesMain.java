package dev.wiremesh.images;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The program behind {@code bin/wiremesh images}: makes the images of operator and agent. */
@Command(
    name = "wiremesh images",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes the images of operator and agent, one tar each, that containerd and Docker load:",
      "  ctr -n k8s.io images import DIR/operator.tar",
      "  docker load -i DIR/operator.tar",
      "Without --base the images carry this machine's JDK and libraries, for its architecture only."
    })
public final class ImagesMain implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "DIR", arity = "0..1", description = "Where the tars go.")
  private @Nullable Path directory;

  @Option(
      names = "--repository",
      paramLabel = "NAME",
      defaultValue = "wiremesh.dev",
      description = "Repository prefix before /operator and /agent (default: ${DEFAULT-VALUE}).")
  private String repository = "";

  @Option(
      names = "--push",
      description = "Push to that repository instead, with the credentials of docker or podman.")
  private boolean push;

  @Option(
      names = "--base",
      paramLabel = "IMAGE",
      description =
          "Image with all of a Java 25 runtime (and nft, for the agent) to build on, from a registry.")
  private @Nullable String base;

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      split = ",",
      description =
          "With --base: platforms, such as linux/amd64,linux/arm64 (several: --push only).")
  private List<String> platforms = List.of();

  @Option(names = "--tag", description = "Tag of the images (default: the version).")
  private @Nullable String tag;

  @Option(names = "--root", hidden = true, description = "The repository with built programs.")
  private Path root = Path.of("");

  private ImagesMain() {}

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new ImagesMain())
            .setExecutionExceptionHandler((e, line, parsed) -> {
              if (!(e instanceof ImagesException)) {
                throw e;
              }
              line.getErr().println("images: " + e.getMessage());
              return 1;
            })
            .execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InvalidImageReferenceException {
    if ((directory == null) == !push) {
      throw new CommandLine.ParameterException(
          commandLine(), "say where the images go: a directory, or --push");
    }
    if (base == null && !platforms.isEmpty()) {
      throw new CommandLine.ParameterException(
          commandLine(), "--platform needs --base: this machine's own parts fit only itself");
    }
    if (platforms.size() > 1 && !push) {
      throw new CommandLine.ParameterException(
          commandLine(), "a tar holds one platform: give one, or --push");
    }
    var version = version();
    var work = Files.createTempDirectory("wiremesh-images-");
    try {
      build(version, tag == null ? version : tag, work);
    } finally {
      JavaRuntime.remove(work);
    }
    return 0;
  }

  private void build(String version, String imageTag, Path work)
      throws IOException, InvalidImageReferenceException {
    var runtime = work.resolve("java");
    if (base == null) {
      say(
          "Base: Java %s and libraries of this machine, for %s only (--base for others)"
              .formatted(Runtime.version().feature(), System.getProperty("os.arch")));
      JavaRuntime.link(
          runtime,
          Program.all(root).stream().flatMap(program -> program.app().modules().stream()).toList());
    }
    var made = new ArrayList<String>();
    for (var program : Program.all(root.toAbsolutePath())) {
      var image = new Image(program, version, work);
      var builder =
          base == null ? image.onThisMachinesBase(runtime) : image.onBase(base, platforms());
      var name = "%s/%s:%s".formatted(repository, program.name(), imageTag);
      if (push || directory == null) {
        var digest =
            Image.containerize(
                    builder, Containerizer.to(Image.registry(name)), Image.isOnLoopback(name), work)
                .getDigest();
        made.add(name + "@" + digest);
      } else {
        Files.createDirectories(directory);
        var tar = directory.resolve(program.name() + ".tar");
        Image.containerize(
            builder,
            Containerizer.to(TarImage.at(tar).named(name)).setOfflineMode(base == null),
            false,
            work);
        if (Files.exists(image.bill())) {
          Files.copy(
              image.bill(),
              directory.resolve(program.name() + ".cdx.json"),
              java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        made.add("%s  %s  (%d MB)".formatted(name, tar, Files.size(tar) >> 20));
      }
    }
    made.forEach(this::say);
  }

  private Set<Platform> platforms() {
    var parsed = new LinkedHashSet<Platform>();
    for (var platform : platforms.isEmpty() ? List.of("linux/amd64") : platforms) {
      var parts = platform.split("/", -1);
      if (parts.length != 2) {
        throw new CommandLine.ParameterException(
            commandLine(), "a platform is OS/ARCH, such as linux/arm64, not " + platform);
      }
      parsed.add(new Platform(parts[1], parts[0]));
    }
    return parsed;
  }

  private static String version() throws IOException {
    var properties = new Properties();
    try (var in = ImagesMain.class.getResourceAsStream("build.properties")) {
      if (in != null) {
        properties.load(in);
      }
    }
    return properties.getProperty("version", "unknown");
  }

  private void say(String line) {
    out().println(line);
  }

  private PrintWriter out() {
    return commandLine().getOut();
  }

  private CommandLine commandLine() {
    if (spec == null) {
      throw new IllegalStateException("not started by picocli");
    }
    return spec.commandLine();
  }
}
