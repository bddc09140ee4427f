package dev.wiremesh.agent.device;

import dev.wiremesh.wireguard.device.DeviceEvent;
import java.io.IOException;
import java.util.function.Consumer;

/** Opens the devices of the agent. */
@FunctionalInterface
public interface MeshDevices {
  /**
   * Makes the interface, or takes over one that an earlier agent left, and starts the device.
   *
   * @param events called with the device's control lock held
   */
  MeshDevice open(String interfaceName, Consumer<DeviceEvent> events) throws IOException;
}
