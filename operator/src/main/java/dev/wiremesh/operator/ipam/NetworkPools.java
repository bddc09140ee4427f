package dev.wiremesh.operator.ipam;

import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.DurationText;
import dev.wiremesh.core.ipam.AddressPool;
import dev.wiremesh.core.ipam.AddressPools;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.net.LenientParsing;
import java.util.ArrayList;

/** The address pools in a network's spec. */
public final class NetworkPools {
  private NetworkPools() {}

  public static AddressPools of(WireGuardNetwork network) {
    var pools = new ArrayList<AddressPool>();
    for (var pool : network.getSpec().addressPools) {
      LenientParsing.read(pool.cidr, IpPrefix::parse)
          .ifPresent(cidr ->
              pools.add(
                  new AddressPool(
                      pool.name, cidr, LenientParsing.readAll(pool.reserved, IpPrefix::parse))));
    }
    return new AddressPools(pools, DurationText.parse(network.getSpec().addressReuseAfter));
  }
}
