package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.device.Probe;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of ours that peers are asked from: where probes to any peer come from, there we
 * answer those to us. Guarded by the control lock; {@link #publish} ends a change.
 */
public final class ProbeSources {
  private final DeviceState state;

  /** How many peers are asked from each. */
  private final Map<IpAddress, Integer> peersByAddress = new HashMap<>();

  public ProbeSources(DeviceState state) {
    this.state = state;
  }

  /** Lets the receiving thread see our addresses as they are now. */
  public void publish() {
    if (!state.ownAddresses.equals(peersByAddress.keySet())) {
      state.ownAddresses = Set.copyOf(peersByAddress.keySet());
    }
  }

  /** Sets how a peer is probed; null for not at all. */
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
