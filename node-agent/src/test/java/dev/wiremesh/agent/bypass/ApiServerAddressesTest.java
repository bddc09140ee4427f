package dev.wiremesh.agent.bypass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Addresses of a real API server, and of clients that are configured in other ways. */
@RequiresKubernetes
final class ApiServerAddressesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ControlPlane controlPlane;
  private final Path folder;

  ApiServerAddressesTest(ControlPlane controlPlane, @TempDir Path folder) {
    this.controlPlane = controlPlane;
    this.folder = folder;
  }

  @Test
  void endpointsServiceAddressAndHostAreKnownAndSurviveARestart() {
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    Set<IpAddress> known;
    try (var client = new KubernetesClientBuilder().withConfig(config).build();
        var addresses = addresses(client, Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1"))) {
      var endpoints = endpointsOf(client);
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(addresses.saved())
                  .contains(IpAddress.parse("127.0.0.1"), IpAddress.parse("10.96.0.1"))
                  .containsAll(endpoints));
      known = addresses.saved();
    }
    try (var client = clientOf("https://192.0.2.1:6443");
        var addresses = addresses(client, Map.of())) {
      assertThat(addresses.saved()).containsAll(known).contains(IpAddress.parse("192.0.2.1"));
      assertThat(addresses.targets())
          .containsExactly(new ApiTarget(IpAddress.parse("192.0.2.1"), 6443));
    }
  }

  @Test
  void nameOfTheApiServerIsLookedUp() {
    try (var client = clientOf("https://localhost");
        var addresses = addresses(client, Map.of())) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(addresses.targets())
                  .contains(new ApiTarget(IpAddress.parse("127.0.0.1"), 443)));
    }
  }

  @Test
  void ipv6HostHasNoBrackets() {
    try (var client = clientOf("https://[2001:db8::1]:6443");
        var addresses = addresses(client, Map.of())) {
      assertThat(addresses.targets())
          .extracting(ApiTarget::toString)
          .containsExactly("[2001:db8::1]:6443");
    }
  }

  private static Set<IpAddress> endpointsOf(KubernetesClient client) {
    var slices = client.discovery().v1().endpointSlices().inNamespace("default");
    await().atMost(PATIENCE).until(() -> slices.withName("kubernetes").get() != null);
    return slices.withName("kubernetes").get().getEndpoints().stream()
        .flatMap(endpoint -> endpoint.getAddresses().stream())
        .map(IpAddress::parse)
        .collect(Collectors.toSet());
  }

  private ApiServerAddresses addresses(KubernetesClient client, Map<String, String> environment) {
    return new ApiServerAddresses(client, environment, folder, () -> {});
  }

  private static KubernetesClient clientOf(String url) {
    var config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl(url)
            .withConnectionTimeout(1000)
            .withRequestRetryBackoffLimit(0)
            .build();
    return new KubernetesClientBuilder().withConfig(config).build();
  }
}
