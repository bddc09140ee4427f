package dev.wiremesh.operator.ipam;

import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.core.net.IpAddress;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The addresses of one owner.
 *
 * @param addresses sorted, at most one a family
 * @param problems for each family that could not be served: the reason
 */
public record OwnerAddresses(List<IpAddress> addresses, List<AddressChoice> problems) {
  public OwnerAddresses {
    addresses = List.copyOf(addresses);
    problems = List.copyOf(problems);
  }

  /** All problems as one text; empty if there is none. */
  public String problem() {
    return problems.stream()
        .map(problem ->
            switch (problem) {
              case AddressChoice.Chosen chosen -> "";
              case AddressChoice.AddressInUse inUse -> inUse.message();
              case AddressChoice.AddressOutOfRange outOfRange -> outOfRange.message();
              case AddressChoice.AddressReserved reserved -> reserved.message();
              case AddressChoice.PoolExhausted exhausted -> exhausted.message();
            })
        .collect(Collectors.joining(" "));
  }

  public List<String> texts() {
    return addresses.stream().map(IpAddress::toString).toList();
  }
}
