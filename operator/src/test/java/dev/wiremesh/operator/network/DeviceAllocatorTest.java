package dev.wiremesh.operator.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.operator.network.DeviceAllocator.Others;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class DeviceAllocatorTest {
  private static final DeviceAllocator.Claims NO_CLAIMS = (parameter, value) -> Optional.empty();

  private static final DeviceAllocation FIRST =
      new DeviceAllocation(51900, "wg-home", 51900, 20000);

  @Test
  void firstNetworkGetsTheFirstOfEverything() {
    var result = DeviceAllocator.allocate("home", new WireGuardNetworkSpec(), null, Others.NONE);

    assertThat(result.allocation()).isEqualTo(FIRST);
    assertThat(result.conflicts()).isEmpty();
  }

  @Test
  void nextNetworkGetsTheNextOfEverything() {
    var result =
        DeviceAllocator.allocate("office", new WireGuardNetworkSpec(), null, older("home", FIRST));

    assertThat(result.allocation())
        .isEqualTo(new DeviceAllocation(51901, "wg-office", 51901, 20010));
  }

  @Test
  void allocationStaysWhenALowerNumberIsFree() {
    var before = new DeviceAllocation(51907, "wg-x", 51907, 20070);

    assertThat(
            DeviceAllocator.allocate("office", new WireGuardNetworkSpec(), before, Others.NONE)
                .allocation())
        .isEqualTo(before);
  }

  @Test
  void longNameGetsAShortInterface() {
    var spec = new WireGuardNetworkSpec();
    var result = DeviceAllocator.allocate("a-network-with-a-long-name", spec, null, Others.NONE);

    assertThat(Objects.requireNonNull(result.allocation()).interfaceName())
        .hasSize(15)
        .startsWith("wg-");
  }

  @Test
  void specDecides() {
    var spec = new WireGuardNetworkSpec();
    spec.listenPort = 443;
    spec.interfaceName = "mesh0";
    spec.routing = new WireGuardNetworkSpec.Routing();
    spec.routing.table = 7;
    spec.routing.rulePriority = 99;

    assertThat(DeviceAllocator.allocate("home", spec, FIRST, Others.NONE).allocation())
        .isEqualTo(new DeviceAllocation(443, "mesh0", 7, 99));
  }

  @Test
  void numberOfAnotherNetworkIsRefusedWithItsName() {
    var spec = new WireGuardNetworkSpec();
    spec.listenPort = 51900;

    var result = DeviceAllocator.allocate("office", spec, null, older("home", FIRST));

    assertThat(result.allocation()).isNull();
    assertThat(result.conflicts())
        .containsExactly(
            "UDP port 51900 belongs to network home: write another spec.listenPort, or leave it"
                + " out.");
  }

  @Test
  void networkInForceStaysInForceThroughAConflict() {
    var before = new DeviceAllocation(51901, "wg-office", 51901, 20010);
    var spec = new WireGuardNetworkSpec();
    spec.listenPort = 51900;

    var result = DeviceAllocator.allocate("office", spec, before, older("home", FIRST));

    assertThat(result.allocation()).isEqualTo(before);
    assertThat(result.conflicts()).hasSize(1);
  }

  @Test
  void networkThatComesBackLosesWhatAnOlderOneHasByNow() {
    var office = new DeviceAllocation(51900, "wg-office", 51900, 20000);

    var result =
        DeviceAllocator.allocate(
            "home", new WireGuardNetworkSpec(), FIRST, older("office", office));

    assertThat(result.allocation()).isEqualTo(new DeviceAllocation(51901, "wg-home", 51901, 20010));
    assertThat(result.conflicts()).isEmpty();
  }

  @Test
  void olderOfTwoWithTheSameKeepsIt() {
    var office = new DeviceAllocation(51900, "wg-office", 51900, 20000);
    var others = new Others(Map.of(), Map.of("office", office), Map.of(), NO_CLAIMS);

    assertThat(
            DeviceAllocator.allocate("home", new WireGuardNetworkSpec(), FIRST, others)
                .allocation())
        .isEqualTo(FIRST);
  }

  @Test
  void onlyThePartThatIsLostChanges() {
    var office = new DeviceAllocation(51900, "wg-office", 7, 99);

    assertThat(
            DeviceAllocator.allocate(
                    "home", new WireGuardNetworkSpec(), FIRST, older("office", office))
                .allocation())
        .isEqualTo(new DeviceAllocation(51901, "wg-home", 51900, 20000));
  }

  @Test
  void numbersOfADeletedNetworkAreKeptForIt() {
    var others = new Others(Map.of(), Map.of(), Map.of("home", FIRST), NO_CLAIMS);

    assertThat(
            DeviceAllocator.allocate("office", new WireGuardNetworkSpec(), null, others)
                .allocation())
        .isEqualTo(new DeviceAllocation(51901, "wg-office", 51901, 20010));
  }

  @Test
  void specMayClaimANumberOfADeletedNetwork() {
    var others = new Others(Map.of(), Map.of(), Map.of("home", FIRST), NO_CLAIMS);
    var spec = new WireGuardNetworkSpec();
    spec.listenPort = 51900;

    var result = DeviceAllocator.allocate("office", spec, null, others);

    assertThat(result.allocation())
        .isEqualTo(new DeviceAllocation(51900, "wg-office", 51901, 20010));
    assertThat(result.conflicts()).isEmpty();
  }

  @Test
  void networkThatComesBackWithAClaimOnALostNumberIsNotInForce() {
    var office = new DeviceAllocation(51900, "wg-office", 51900, 20000);
    var spec = new WireGuardNetworkSpec();
    spec.listenPort = 51900;

    var result = DeviceAllocator.allocate("home", spec, FIRST, older("office", office));

    assertThat(result.allocation()).isNull();
    assertThat(result.conflicts())
        .containsExactly(
            "UDP port 51900 belongs to network office: write another spec.listenPort, or leave it"
                + " out.");
  }

  @Test
  void interfaceNameThatIsTakenIsReplaced() {
    var guest = new DeviceAllocation(51907, "wg-home", 51907, 20070);

    var name =
        DeviceAllocator.allocate("home", new WireGuardNetworkSpec(), FIRST, older("guest", guest))
            .allocation();

    assertThat(Objects.requireNonNull(name).interfaceName())
        .hasSize(15)
        .startsWith("wg-")
        .isNotEqualTo("wg-home");
  }

  private static Others older(String network, DeviceAllocation allocation) {
    return new Others(Map.of(network, allocation), Map.of(), Map.of(), NO_CLAIMS);
  }
}
