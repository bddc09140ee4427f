package dev.wiremesh.lab.cluster;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.Tools;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A machine outside the cluster, configured with nothing but the {@code wg-quick.conf} of its
 * Peer's Secret, by an unmodified {@code wg-quick}.
 *
 * @param machines the host itself, then its router and the machine behind it, if any
 */
public record OutsideHost(
    HostRequest request, String network, List<String> addresses, List<Host> machines) {
  /** The name of its WireGuard interface. */
  public static final String INTERFACE = "wg0";

  private static final String CONFIGURATION = "/run/" + INTERFACE + ".conf";
  private static final Duration CONFIGURED = Duration.ofSeconds(30);
  private static final Duration UP = Duration.ofSeconds(60);

  public OutsideHost {
    addresses = List.copyOf(addresses);
    machines = List.copyOf(machines);
  }

  /** The host that runs WireGuard. */
  public Host machine() {
    return machines.getFirst();
  }

  /** Makes the host and brings its interface up; on failure, removes all of it. */
  static OutsideHost create(
      HostRequest request,
      KubernetesClient client,
      Underlay.Outside place,
      Checkout checkout,
      Path logs) {
    // Before the machines: a Peer without a configuration costs none.
    configuration(request, client);
    try {
      var host =
          request.behindNat() ? place.behindNat(request.name()) : place.onUnderlay(request.name());
      request.lan().ifPresent(lan -> place.lanBehind(host, lan));
      return configure(host, request, client, checkout, logs).with(place.machines());
    } catch (RuntimeException e) {
      place.undo();
      throw e;
    }
  }

  /** Brings the interface up on a machine that is there already. */
  static OutsideHost configure(
      Host host, HostRequest request, KubernetesClient client, Checkout checkout, Path logs) {
    var implementation = implementation(request.with(), checkout);
    var configuration = configuration(request, client);
    var peer = peer(request, client);
    host.command("bash", "-c", "umask 077; cat > " + CONFIGURATION)
        .withInput(configuration)
        .check();
    bringUp(host, implementation, logs.resolve(request.name() + ".log"));
    return new OutsideHost(
        request, peer.getSpec().networkRef.name, addressesOf(peer), List.of(host));
  }

  private OutsideHost with(List<Host> all) {
    return new OutsideHost(request, network, addresses, all);
  }

  private static void bringUp(Host host, Path implementation, Path log) {
    // To a file: the daemon inherits the descriptors of wg-quick, so a pipe would never end.
    var up =
        host.command(
                "bash",
                "-c",
                "exec wg-quick up " + CONFIGURATION + " > \"$1\" 2>&1 < /dev/null",
                "bash",
                log.toString())
            .withEnvironment("WG_QUICK_USERSPACE_IMPLEMENTATION", implementation.toString())
            .withEnvironment("WIREMESH_NO_BUILD", "1")
            .withTimeout(UP)
            .run();
    if (!up.succeeded()) {
      var output = host.command("tail", "-n", "15", log.toString()).run().output();
      throw new LabException(
          "wg-quick could not bring up %s (its log is %s):%n%s"
              .formatted(host.name(), log, output));
    }
  }

  private static Path implementation(HostRequest.Implementation with, Checkout checkout) {
    return switch (with) {
      case WIREMESH -> checkout.root().resolve("bin/wiremesh-wg");
      case WIREGUARD_GO -> wireguardGo();
    };
  }

  /** The wireguard-go of the project's cache, else the distribution's. */
  public static Path wireguardGo() {
    var cached = Tools.cacheFolder().resolve("bin").resolve("wireguard-go");
    return Files.isExecutable(cached)
        ? cached
        : Tools.find("wireguard-go")
            .orElseThrow(() ->
                new LabException(
                    "there is no wireguard-go: run 'bin/wiremesh setup', or use --with wiremesh"));
  }

  private static String configuration(HostRequest request, KubernetesClient client) {
    var name = request.peerName() + "-wiremesh";
    peer(request, client);
    Secret secret;
    try {
      secret =
          client
              .secrets()
              .inNamespace(request.peerNamespace())
              .withName(name)
              .waitUntilCondition(
                  found -> found != null && found.getData().containsKey("wg-quick.conf"),
                  CONFIGURED.toSeconds(),
                  TimeUnit.SECONDS);
    } catch (KubernetesClientTimeoutException e) {
      throw new LabException(
          "the Peer %s has no configuration after %s. Its conditions: %s"
              .formatted(request.peer(), CONFIGURED, conditions(peer(request, client))),
          e);
    }
    var text =
        new String(
            Base64.getDecoder().decode(secret.getData().get("wg-quick.conf")),
            StandardCharsets.UTF_8);
    return text;
  }

  private static Peer peer(HostRequest request, KubernetesClient client) {
    return Optional.ofNullable(
            client
                .resources(Peer.class)
                .inNamespace(request.peerNamespace())
                .withName(request.peerName())
                .get())
        .orElseThrow(() ->
            new LabException(
                "there is no Peer %s; apply one first (kubectl get wgp -A lists them)"
                    .formatted(request.peer())));
  }

  private static List<String> addressesOf(Peer peer) {
    return peer.getStatus() == null ? List.of() : List.copyOf(peer.getStatus().addresses);
  }

  private static String conditions(Peer peer) {
    if (peer.getStatus() == null || peer.getStatus().conditions.isEmpty()) {
      return "none yet (is the operator running?)";
    }
    return peer.getStatus().conditions.stream()
        .map(OutsideHost::sentence)
        .collect(Collectors.joining("; "));
  }

  private static String sentence(Condition condition) {
    return "%s=%s (%s: %s)"
        .formatted(
            condition.getType(),
            condition.getStatus(),
            condition.getReason(),
            condition.getMessage());
  }
}
