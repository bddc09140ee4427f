package dev.wiremesh.wireguard.device;

import java.util.Iterator;

/**
 * A device as it is configured at one moment, in parts that have some of the peers each. There is
 * at least one. A part is made when it is asked for: what the peers learn by themselves (endpoints,
 * counters, times) is as it is then, and the configuration, whatever has become of it, as it was.
 *
 * <p>Belongs to one thread. Keys that are replaced meanwhile are wiped when it is closed.
 */
public interface PagedSnapshot extends Iterator<DeviceSnapshot>, AutoCloseable {
  @Override
  void close();
}
