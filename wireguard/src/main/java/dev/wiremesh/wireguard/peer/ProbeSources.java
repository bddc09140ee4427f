package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.device.Probe;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Source addresses of probes: probes of peers to these addresses are answered. Guarded by the
 * control lock; {@link #publish} ends a change.
 */
public final class ProbeSources {
  private final DeviceState state;

  /** Number of peers probed from each address. */
  private final Map<IpAddress, Integer> peersByAddress = new HashMap<>();

  public ProbeSources(DeviceState state) {
    this.state = state;
  }

  /** Publishes the addresses to the receiving thread. */
  public void publish() {
    if (!state.ownAddresses.equals(peersByAddress.keySet())) {
      state.ownAddresses = Set.copyOf(peersByAddress.keySet());
    }
  }

  /** Sets the probe of a peer; null for none. */
  public void set(Peer peer, @Nullable Probe probe) {
    var known = peer.path.probes.probe();
    if (Objects.equals(known, probe)) {
      return;
    }
    peer.path.probes.set(probe);
    if (probe != null) {
      peersByAddress.merge(probe.from(), 1, Integer::sum);
    }
    if (known != null) {
      peersByAddress.computeIfPresent(known.from(), (_, peers) -> peers == 1 ? null : peers - 1);
    }
  }
}
