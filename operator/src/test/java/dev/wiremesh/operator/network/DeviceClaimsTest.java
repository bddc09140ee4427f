package dev.wiremesh.operator.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.contract.LeaseNames;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.kube.InstalledKinds;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Device parameters that operators with a stale view allocate at the same time: only the claims
 * keep them apart.
 */
@RequiresKubernetes
final class DeviceClaimsTest {
  private static final String NAMESPACE = "device-claims-test";

  private final KubernetesClient client;

  DeviceClaimsTest(ControlPlane controlPlane) {
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(controlPlane.adminKubeconfig()))
            .build();
  }

  @BeforeEach
  void install() throws IOException {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
    InstalledKinds.install(client, "wireguardnetworks.yaml");
  }

  @AfterEach
  void clean() {
    for (var name : List.of("claims-home", "claims-office")) {
      client.resources(WireGuardNetwork.class).withName(name).delete();
    }
    client.leases().inNamespace(NAMESPACE).delete();
    client.secrets().inNamespace(NAMESPACE).delete();
    client.close();
  }

  /** An operator's allocations whose watches never report anything. */
  private final class Leader {
    private final ClusterCache state = new ClusterCache(client, NAMESPACE, Clock.systemUTC());
    private final OperatorSecrets secrets =
        new OperatorSecrets(client, state, NAMESPACE, new SecureRandom());
    private final DeviceClaims claims = new DeviceClaims(client, state, NAMESPACE);
    private final DeviceAllocations allocations = new DeviceAllocations(state, secrets, claims);

    DeviceAllocation allocate(WireGuardNetwork network) {
      var secret = secrets.gateway(network.getMetadata().getName());
      return Objects.requireNonNull(allocations.allocate(network, secret).allocation());
    }

    List<String> conflicts(WireGuardNetwork network) {
      return allocations
          .allocate(network, secrets.gateway(network.getMetadata().getName()))
          .conflicts();
    }
  }

  @Test
  void twoLeadersGiveTwoNetworksNothingInCommon() throws Exception {
    var home = network("claims-home", spec -> {});
    var office = network("claims-office", spec -> {});
    var barrier = new CyclicBarrier(2);
    try (var threads = Executors.newFixedThreadPool(2)) {
      Callable<DeviceAllocation> one = () -> allocate(new Leader(), home, barrier);
      Callable<DeviceAllocation> other = () -> allocate(new Leader(), office, barrier);
      var first = threads.submit(one);
      var second = threads.submit(other);
      var ofHome = first.get(60, TimeUnit.SECONDS);
      var ofOffice = second.get(60, TimeUnit.SECONDS);

      for (var parameter : DeviceParameter.values()) {
        assertThat(parameter.of(ofHome)).as("%s", parameter).isNotEqualTo(parameter.of(ofOffice));
      }
      assertThat(new Leader().allocate(home)).isEqualTo(ofHome);
      assertThat(new Leader().allocate(office)).isEqualTo(ofOffice);
      assertThat(client.leases().inNamespace(NAMESPACE).list().getItems())
          .as("claims that are not used are given up")
          .hasSize(8);
    }
  }

  private static DeviceAllocation allocate(
      Leader leader, WireGuardNetwork network, CyclicBarrier barrier) throws Exception {
    barrier.await(60, TimeUnit.SECONDS);
    return leader.allocate(network);
  }

  @Test
  void twoLeadersOfOneNetworkAgree() throws Exception {
    var home = network("claims-home", spec -> {});
    var barrier = new CyclicBarrier(2);
    try (var threads = Executors.newFixedThreadPool(2)) {
      Callable<DeviceAllocation> task = () -> allocate(new Leader(), home, barrier);
      var first = threads.submit(task);
      var second = threads.submit(task);

      assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo(second.get(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void portOfTheSpecThatAnotherNetworkHasClaimedIsAConflict() {
    new Leader().allocate(network("claims-home", spec -> spec.listenPort = 443));
    var office = network("claims-office", spec -> spec.listenPort = 443);

    assertThat(new Leader().conflicts(office))
        .containsExactly(
            "UDP port 443 belongs to network claims-home: write another spec.listenPort, or leave"
                + " it out.");
  }

  @Test
  void claimsOfADeletedNetworkAreKeptForItAndTakenOverOnlyByASpec() {
    var before = new Leader().allocate(network("claims-home", spec -> {}));
    client.resources(WireGuardNetwork.class).withName("claims-home").delete();

    var chosen = new Leader().allocate(network("claims-office", spec -> {}));
    assertThat(chosen.listenPort()).isNotEqualTo(before.listenPort());

    client.resources(WireGuardNetwork.class).withName("claims-office").delete();
    var wanted =
        new Leader()
            .allocate(network("claims-office", spec -> spec.listenPort = before.listenPort()));
    assertThat(wanted.listenPort()).isEqualTo(before.listenPort());

    assertThat(new Leader().allocate(network("claims-home", spec -> {})).listenPort())
        .as("the network that comes back")
        .isNotEqualTo(before.listenPort());
  }

  @Test
  void networkWithoutItsSecretFindsItsParametersInItsClaims() throws Exception {
    var home = network("claims-home", spec -> spec.listenPort = 50123);
    var before = new Leader().allocate(home);
    client.secrets().inNamespace(NAMESPACE).withName(SecretNames.gateway("claims-home")).delete();
    home.getSpec().listenPort = null;
    var leader = new Leader();
    client
        .leases()
        .inNamespace(NAMESPACE)
        .list()
        .getItems()
        .forEach(claim -> leader.claims.changed(null, claim));

    assertThat(leader.allocate(home)).isEqualTo(before);
  }

  @Test
  void claimsGoWhenNeitherTheNetworkNorItsSecretIsLeft() {
    var leader = new Leader();
    leader.allocate(network("claims-home", spec -> spec.interfaceName = "WG_0"));
    client.resources(WireGuardNetwork.class).withName("claims-home").delete();
    leader.claims.sweep();
    assertThat(client.leases().inNamespace(NAMESPACE).list().getItems()).hasSize(4);

    client.secrets().inNamespace(NAMESPACE).delete();
    leader.claims.sweep();
    assertThat(client.leases().inNamespace(NAMESPACE).list().getItems()).isEmpty();
  }

  @Test
  void namesOfClaimsAreThoseOfObjectsAndSayTheValue() {
    for (var value : List.of("51900", "wg-home", "wg-", "WG_0", "A", "wg0.5")) {
      var name = LeaseNames.claim("interface", value);
      assertThat(name).matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
      assertThat(LeaseNames.claimed("interface", name)).contains(value);
      assertThat(LeaseNames.claimed("port", name)).isEmpty();
    }
  }

  private WireGuardNetwork network(String name, Consumer<WireGuardNetworkSpec> more) {
    var network = new WireGuardNetwork();
    network.setMetadata(new ObjectMetaBuilder().withName(name).build());
    var pool = new WireGuardNetworkSpec.AddressPool();
    pool.name = "v4";
    pool.cidr = name.equals("claims-home") ? "10.50.0.0/24" : "10.50.1.0/24";
    network.getSpec().addressPools.add(pool);
    more.accept(network.getSpec());
    network.setStatus(null);
    return client.resource(network).create();
  }
}
