package dev.wiremesh.operator.network;

import dev.wiremesh.api.contract.SecretKeys;
import dev.wiremesh.operator.keys.SecretData;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The parameters of a network's device, the same on all nodes. Stored in the gateway Secret, so
 * that they survive a restore that has no status.
 */
record DeviceAllocation(int listenPort, String interfaceName, int routingTable, int rulePriority) {
  /** Reads the allocation from a gateway Secret; empty if there is none yet. */
  static Optional<DeviceAllocation> from(Secret secret) {
    var port = number(secret, SecretKeys.LISTEN_PORT);
    var name = SecretData.text(secret, SecretKeys.INTERFACE_NAME);
    var table = number(secret, SecretKeys.ROUTING_TABLE);
    var priority = number(secret, SecretKeys.RULE_PRIORITY);
    return port.isEmpty() || name.isEmpty() || table.isEmpty() || priority.isEmpty()
        ? Optional.empty()
        : Optional.of(new DeviceAllocation(port.get(), name.get(), table.get(), priority.get()));
  }

  Map<String, String> texts() {
    var texts = new LinkedHashMap<String, String>();
    texts.put(SecretKeys.LISTEN_PORT, Integer.toString(listenPort));
    texts.put(SecretKeys.INTERFACE_NAME, interfaceName);
    texts.put(SecretKeys.ROUTING_TABLE, Integer.toString(routingTable));
    texts.put(SecretKeys.RULE_PRIORITY, Integer.toString(rulePriority));
    return texts;
  }

  private static Optional<Integer> number(Secret secret, String key) {
    return SecretData.text(secret, key)
        .filter(text -> text.matches("[0-9]{1,9}"))
        .map(Integer::valueOf);
  }
}
