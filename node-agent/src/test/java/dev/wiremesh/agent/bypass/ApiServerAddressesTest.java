package dev.wiremesh.agent.bypass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
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
  void endpointsServiceAddressAndHostAreFollowedAndSurviveARestart() {
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
      endpoints(client, "198.51.100.1", "198.51.100.2");
      try (var addresses = addresses(client, Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1"))) {
        awaitSaved(addresses, "127.0.0.1", "10.96.0.1", "198.51.100.1", "198.51.100.2");
        endpoints(client, "198.51.100.2", "198.51.100.3");
        awaitSaved(addresses, "127.0.0.1", "10.96.0.1", "198.51.100.2", "198.51.100.3");
      } finally {
        client.discovery().v1().endpointSlices().inNamespace("default").delete();
      }
    }
    try (var client = clientOf("https://192.0.2.1:6443");
        var addresses = addresses(client, Map.of())) {
      awaitSaved(addresses, "192.0.2.1", "127.0.0.1", "10.96.0.1", "198.51.100.2", "198.51.100.3");
      assertThat(addresses.targets())
          .containsExactly(new ApiTarget(IpAddress.parse("192.0.2.1"), 6443));
    }
  }

  private static void awaitSaved(ApiServerAddresses addresses, String... expected) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(addresses.saved())
                .extracting(IpAddress::toString)
                .containsExactlyInAnyOrder(expected));
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

  /** As an API server keeps them of itself. */
  private static void endpoints(KubernetesClient client, String... addresses) {
    client
        .resource(
            new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName("kubernetes")
                .endMetadata()
                .withAddressType("IPv4")
                .addNewEndpoint()
                .withAddresses(addresses)
                .endEndpoint()
                .build())
        .forceConflicts()
        .serverSideApply();
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
