package dev.wiremesh.operator.ipam;

import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.DurationText;
import dev.wiremesh.core.ipam.AddressPool;
import dev.wiremesh.core.ipam.AddressPools;
import dev.wiremesh.core.ipam.PoolLimits;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.net.LenientParsing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The address pools in a network's spec, with their limits. */
public final class NetworkPools {
  private static final Duration DEFAULT_REST = Duration.ofHours(24);

  private NetworkPools() {}

  public static AddressPools of(WireGuardNetwork network) {
    var pools = new ArrayList<AddressPool>();
    var ofNodes = addressesOfNodes(network);
    for (var pool : network.getSpec().addressPools) {
      var reserved = new ArrayList<>(LenientParsing.readAll(pool.reserved, IpPrefix::parse));
      reserved.addAll(ofNodes);
      LenientParsing.read(pool.cidr, IpPrefix::parse)
          .ifPresent(cidr -> pools.add(new AddressPool(pool.name, cidr, reserved)));
    }
    return new AddressPools(pools, addressReuseAfter(network), limits(network));
  }

  /** Addresses that the spec gives to single nodes are kept for them, also before they join. */
  private static List<IpPrefix> addressesOfNodes(WireGuardNetwork network) {
    var nodes = network.getSpec().nodes;
    return nodes == null
        ? List.of()
        : nodes.overrides.stream()
            .flatMap(
                override -> LenientParsing.readAll(override.addresses, IpAddress::parse).stream())
            .map(IpAddress::toPrefix)
            .toList();
  }

  private static PoolLimits limits(WireGuardNetwork network) {
    var limits = network.getSpec().limits;
    return limits == null
        ? PoolLimits.of(PoolLimits.DEFAULT_RESTING, PoolLimits.DEFAULT_NODE_PERCENT)
        : PoolLimits.of(
            Math.max(0, limits.maxRestingAddressesPerNamespace),
            percent(limits.nodeAddressShare.getStrVal()));
  }

  private static int percent(@Nullable String text) {
    return text != null && text.matches("([0-9]|[1-8][0-9]|90)%")
        ? Integer.parseInt(text.substring(0, text.length() - 1))
        : PoolLimits.DEFAULT_NODE_PERCENT;
  }

  /** Rest of a released address; a network that cannot be read has the default. */
  public static Duration addressReuseAfter(WireGuardNetwork network) {
    return DurationText.parseOr(network.getSpec().addressReuseAfter, DEFAULT_REST);
  }
}
