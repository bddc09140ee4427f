package dev.wiremesh.operator.network;

import dev.wiremesh.api.contract.LeaseNames;
import java.util.Optional;

/** A parameter of a network's device that no two networks may share. */
enum DeviceParameter {
  PORT("port"),
  INTERFACE("interface"),
  TABLE("table"),
  RULE("rule");

  private final String text;

  DeviceParameter(String text) {
    this.text = text;
  }

  /** The parameter in labels and names of claims. */
  String text() {
    return text;
  }

  String of(DeviceAllocation allocation) {
    return switch (this) {
      case PORT -> Integer.toString(allocation.listenPort());
      case INTERFACE -> allocation.interfaceName();
      case TABLE -> Integer.toString(allocation.routingTable());
      case RULE -> Integer.toString(allocation.rulePriority());
    };
  }

  /** The name of the Lease that claims a value. */
  String leaseName(String value) {
    return LeaseNames.claim(text, value);
  }

  /** The value that a Lease claims; empty if it claims another parameter. */
  Optional<String> claimedBy(String leaseName) {
    return LeaseNames.claimed(text, leaseName);
  }
}
