package dev.wiremesh.agent.device;

import dev.wiremesh.wireguard.device.DeviceListener;
import java.io.IOException;

/** Opens devices. */
@FunctionalInterface
public interface MeshDevices {
  /** Makes the interface, or takes over one that an earlier agent left, and starts the device. */
  MeshDevice open(String interfaceName, DeviceListener listener) throws IOException;
}
