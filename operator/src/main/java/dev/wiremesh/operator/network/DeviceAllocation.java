package dev.wiremesh.operator.network;

import dev.wiremesh.operator.keys.SecretData;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What was chosen for a network's device on all nodes. Kept in the gateway Secret, so that it
 * survives a restore that has no status.
 */
record DeviceAllocation(int listenPort, String interfaceName, int routingTable, int rulePriority) {
  private static final String LISTEN_PORT = "listenPort";
  private static final String INTERFACE_NAME = "interfaceName";
  private static final String ROUTING_TABLE = "routingTable";
  private static final String RULE_PRIORITY = "rulePriority";

  /** Reads the choice from a gateway Secret; empty if none was made yet. */
  static Optional<DeviceAllocation> from(Secret secret) {
    var port = number(secret, LISTEN_PORT);
    var name = SecretData.text(secret, INTERFACE_NAME);
    var table = number(secret, ROUTING_TABLE);
    var priority = number(secret, RULE_PRIORITY);
    return port.isEmpty() || name.isEmpty() || table.isEmpty() || priority.isEmpty()
        ? Optional.empty()
        : Optional.of(new DeviceAllocation(port.get(), name.get(), table.get(), priority.get()));
  }

  Map<String, String> texts() {
    var texts = new LinkedHashMap<String, String>();
    texts.put(LISTEN_PORT, Integer.toString(listenPort));
    texts.put(INTERFACE_NAME, interfaceName);
    texts.put(ROUTING_TABLE, Integer.toString(routingTable));
    texts.put(RULE_PRIORITY, Integer.toString(rulePriority));
    return texts;
  }

  private static Optional<Integer> number(Secret secret, String key) {
    return SecretData.text(secret, key)
        .filter(text -> text.matches("[0-9]{1,9}"))
        .map(Integer::valueOf);
  }
}
