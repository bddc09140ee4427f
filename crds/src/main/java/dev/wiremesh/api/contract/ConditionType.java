package dev.wiremesh.api.contract;

/** Types of the conditions of all kinds. */
public enum ConditionType {
  ACCEPTED("Accepted"),
  ADDRESSES_AVAILABLE("AddressesAvailable"),
  GATEWAY_AVAILABLE("GatewayAvailable"),
  AGENTS_READY("AgentsReady"),
  ADDRESS_ALLOCATED("AddressAllocated"),
  KEY_READY("KeyReady"),
  CONFIG_PUBLISHED("ConfigPublished"),
  PROGRAMMED("Programmed"),
  CONNECTED("Connected"),
  PROVISIONED("Provisioned"),
  /** Depends on other nodes, as {@link #CONNECTED} does on the other end. */
  NODES_REACHABLE("NodesReachable"),
  DEVICE_READY("DeviceReady"),
  PEERS_PROGRAMMED("PeersProgrammed"),
  ROUTES_PROGRAMMED("RoutesProgrammed"),
  /**
   * True if all other conditions of the object are, {@link #CONNECTED} and {@link #NODES_REACHABLE}
   * excepted.
   */
  READY("Ready");

  private final String text;

  ConditionType(String text) {
    this.text = text;
  }

  /** The type as the API has it. */
  public String text() {
    return text;
  }
}
