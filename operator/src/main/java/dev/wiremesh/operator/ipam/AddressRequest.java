package dev.wiremesh.operator.ipam;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;

/**
 * The addresses that an owner asks for by name.
 *
 * @param addresses at most one a family; for a family without one, any free address will do
 * @param grantedReserved blocks in which the owner may have reserved addresses
 */
public record AddressRequest(List<IpAddress> addresses, List<IpPrefix> grantedReserved) {
  /** Any free address of each family. */
  public static final AddressRequest ANY = new AddressRequest(List.of(), List.of());

  public AddressRequest {
    addresses = List.copyOf(addresses);
    grantedReserved = List.copyOf(grantedReserved);
  }
}
