package dev.wiremesh.operator.ipam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.core.ipam.AddressPool;
import dev.wiremesh.core.ipam.AddressPools;
import dev.wiremesh.core.ipam.PoolLimits;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.kube.InstalledKinds;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The allocator of an operator whose view is stale, beside another operator that leads: it releases
 * and takes nothing that belongs to another owner by now.
 */
@RequiresKubernetes
final class StaleLeasesTest {
  private static final IpAddress ADDRESS = IpAddress.parse("10.46.0.1");
  private static final AddressPools POOLS =
      new AddressPools(
          List.of(new AddressPool("v4", IpPrefix.parse("10.46.0.0/30"), List.of())),
          Duration.ZERO,
          PoolLimits.NONE);

  private final KubernetesClient client;
  private final Allocations staleAllocations;
  private final AddressAllocator stale;
  private final Allocations otherAllocations;
  private final AddressAllocator other;

  StaleLeasesTest(ControlPlane controlPlane) {
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(controlPlane.adminKubeconfig()))
            .build();
    staleAllocations = allocations();
    stale = new AddressAllocator(client, staleAllocations, Clock.systemUTC());
    otherAllocations = allocations();
    other = new AddressAllocator(client, otherAllocations, Clock.systemUTC());
  }

  /** Of a cache that is never started. */
  private Allocations allocations() {
    return new Allocations(new ClusterCache(client, "wiremesh-system", Clock.systemUTC()));
  }

  @BeforeEach
  void installKind() throws IOException {
    InstalledKinds.install(client, "ipallocations.yaml");
  }

  @AfterEach
  void clean() {
    client.resources(IPAllocation.class).list().getItems().stream()
        .filter(it -> it.getSpec().network.equals("stale"))
        .forEach(it -> client.resource(it).delete());
    client.close();
  }

  @Test
  void releaseOfAnAddressThatWasRebound() {
    ensure(stale, "first");
    var held = staleAllocations.of("stale");
    var seen = Objects.requireNonNull(held.object(ADDRESS));
    // Another operator releases it, and gives it to another Peer, which the first does not hear of.
    otherAllocations.of("stale").remember(ADDRESS, seen);
    assertThat(other.release(otherAllocations.of("stale"), ADDRESS, seen)).isTrue();
    ensure(other, "second");
    assertThat(boundTo()).isEqualTo("second");

    assertThat(stale.release(held, ADDRESS, seen)).isFalse();

    assertThat(boundTo()).isEqualTo("second");
    assertThat(Objects.requireNonNull(held.object(ADDRESS)).getSpec().owner.name)
        .as("the stale view has learned of it")
        .isEqualTo("second");
  }

  @Test
  void releaseOfAnAddressThatWasMadeAnew() {
    ensure(stale, "first");
    var held = staleAllocations.of("stale");
    var seen = Objects.requireNonNull(held.object(ADDRESS));
    client.resources(IPAllocation.class).withName("stale." + ADDRESS).delete();
    ensure(other, "second");

    assertThat(stale.release(held, ADDRESS, seen)).isFalse();
    assertThat(boundTo()).isEqualTo("second");
  }

  @Test
  void addressThatAnotherOperatorHasTakenIsNotGivenAgain() {
    ensure(other, "second");
    var addresses = ensure(stale, "first").addresses();

    assertThat(addresses).containsExactly(IpAddress.parse("10.46.0.2"));
    assertThat(boundTo()).isEqualTo("second");
  }

  private OwnerAddresses ensure(AddressAllocator allocator, String peer) {
    return allocator.ensure("stale", POOLS, owner(peer), AddressRequest.ANY);
  }

  private static IPAllocationSpec.Owner owner(String peer) {
    var owner = new IPAllocationSpec.Owner();
    owner.namespace = "default";
    owner.name = peer;
    owner.uid = "uid-of-" + peer;
    return owner;
  }

  private String boundTo() {
    var object = client.resources(IPAllocation.class).withName("stale." + ADDRESS).get();
    assertThat(object.getStatus().releasedAt).isNull();
    return object.getSpec().owner.name;
  }
}
