package dev.wiremesh.testkit.kubernetes;

import dev.wiremesh.testkit.process.Tools;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.binary.BinaryManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The lookup of a control plane's programs. Its order: {@code $KUBEBUILDER_ASSETS}; the project's
 * cache, which {@code bin/wiremesh setup --kubernetes download} fills; a build into that cache with
 * a Go toolchain; the archive that Fabric8's kube-api-test downloads; else an exception that names
 * all these ways.
 */
public final class KubernetesSource {
  /** The version that {@code testkit/kubernetes/go.mod} requires. */
  public static final String VERSION = "1.36.3";

  static final String ASSETS = "KUBEBUILDER_ASSETS";

  private final Map<String, String> environment;
  private final Path cache;
  private final Consumer<String> progress;

  /**
   * @param progress receives one line for the choice, and more during a build or download
   */
  public KubernetesSource(Map<String, String> environment, Consumer<String> progress) {
    this.environment = Map.copyOf(environment);
    this.cache = Tools.cacheFolder().resolve("kubernetes");
    this.progress = progress;
  }

  /** Describes the choice without building or downloading; empty if there are no programs. */
  public Optional<String> wouldUse() {
    return fromAssets()
        .or(this::fromCache)
        .map(KubernetesBinaries::describe)
        .or(() -> go().map(go -> "Kubernetes built with " + go))
        .or(() -> canDownload() ? Optional.of("the archive of kube-api-test") : Optional.empty());
  }

  /** Finds, builds or downloads the programs, and reports the choice. */
  public KubernetesBinaries get() {
    var found = fromAssets().or(this::fromCache).or(this::fromGo).or(this::fromDownload);
    found.map(KubernetesBinaries::describe).ifPresent(progress);
    return found.orElseThrow(() -> new KubernetesUnavailableException(allWays()));
  }

  private Optional<KubernetesBinaries> fromAssets() {
    var folder = environment.getOrDefault(ASSETS, "");
    if (folder.isBlank()) {
      return Optional.empty();
    }
    var found = in(Path.of(folder), "$%s (%s)".formatted(ASSETS, folder));
    if (found.isEmpty()) {
      throw new KubernetesUnavailableException(
          "$%s is %s, but there is no %s and %s in it. Unset it, or put them there."
              .formatted(ASSETS, folder, KubernetesBinaries.ETCD, KubernetesBinaries.API_SERVER));
    }
    return found;
  }

  private Optional<KubernetesBinaries> fromCache() {
    var folder = cache.resolve(VERSION);
    return in(folder, "the cache (%s)".formatted(folder))
        .filter(binaries -> binaries.controllerManager().isPresent());
  }

  private Optional<KubernetesBinaries> fromGo() {
    var module = moduleFolder();
    if (go().isEmpty() || module.isEmpty()) {
      return Optional.empty();
    }
    if (!new GoBuild(go().get(), module.get(), VERSION, progress).into(cache.resolve(VERSION))) {
      return Optional.empty();
    }
    return fromCache();
  }

  private Optional<KubernetesBinaries> fromDownload() {
    if (!canDownload()) {
      return Optional.empty();
    }
    progress.accept("Downloading Kubernetes with kube-api-test");
    try {
      var manager = new BinaryManager(new KubeAPIServerConfigBuilder().build());
      manager.initAndDownloadIfRequired();
      var binaries = manager.binaries();
      return Optional.of(
          new KubernetesBinaries(
              "kube-api-test's download",
              binaries.getEtcd().toPath(),
              binaries.getApiServer().toPath(),
              Optional.empty()));
    } catch (RuntimeException e) {
      progress.accept("The download failed: " + e);
      return Optional.empty();
    }
  }

  private boolean canDownload() {
    return !"true"
        .equalsIgnoreCase(
            environment.getOrDefault(KubeAPIServerConfigBuilder.KUBE_API_TEST_OFFLINE_MODE, ""));
  }

  private static Optional<Path> go() {
    return Tools.find("go");
  }

  /** The Go module of a checkout: in a parent of {@code $WIREMESH_HOME} or the working folder. */
  private Optional<Path> moduleFolder() {
    var start = Path.of(environment.getOrDefault("WIREMESH_HOME", System.getProperty("user.dir")));
    for (Path at = start.toAbsolutePath(); at != null; at = at.getParent()) {
      var module = at.resolve("testkit/kubernetes");
      if (Files.exists(module.resolve("go.mod"))) {
        return Optional.of(module);
      }
    }
    return Optional.empty();
  }

  private static Optional<KubernetesBinaries> in(Path folder, String origin) {
    var etcd = folder.resolve(KubernetesBinaries.ETCD);
    var apiServer = folder.resolve(KubernetesBinaries.API_SERVER);
    var controllerManager = folder.resolve(KubernetesBinaries.CONTROLLER_MANAGER);
    if (!Files.isExecutable(etcd) || !Files.isExecutable(apiServer)) {
      return Optional.empty();
    }
    return Optional.of(
        new KubernetesBinaries(
            origin,
            etcd,
            apiServer,
            Files.isExecutable(controllerManager)
                ? Optional.of(controllerManager)
                : Optional.empty()));
  }

  private String allWays() {
    List<String> ways = new ArrayList<>();
    ways.add("There is no Kubernetes API server on this machine. Any one of these helps:");
    ways.add(
        "  - set $%s to a folder with etcd, kube-apiserver and, if possible,".formatted(ASSETS)
            + " kube-controller-manager");
    ways.add("  - put the three into " + cache.resolve(VERSION));
    ways.add("  - run 'bin/wiremesh setup --kubernetes download' in a checkout");
    ways.add(
        "  - install Go 1.26 or newer and run this again inside a checkout: they are then built"
            + " once, in about four minutes");
    ways.add(
        "  - let kube-api-test download them: unset $%s, and see that the network lets it"
            .formatted(KubeAPIServerConfigBuilder.KUBE_API_TEST_OFFLINE_MODE));
    return String.join("\n", ways);
  }
}
