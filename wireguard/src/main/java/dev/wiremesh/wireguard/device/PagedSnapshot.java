package dev.wiremesh.wireguard.device;

import java.util.Iterator;

/**
 * Snapshot of a device in pages of some peers each; there is at least one page. All pages show the
 * configuration of the moment when the snapshot was opened. Endpoints, counters and times are read
 * when a page is requested.
 *
 * <p>Owned by one thread. Keys that are replaced meanwhile are wiped after it is closed.
 */
public interface PagedSnapshot extends Iterator<DeviceSnapshot>, AutoCloseable {
  @Override
  void close();
}
