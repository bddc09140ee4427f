package dev.wiremesh.agent.observe;

import dev.wiremesh.agent.device.MeshDevice;
import dev.wiremesh.agent.device.PeerSettingsBuilder;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The endpoints that a network's peers were last heard from. A new device dials each peer there, so
 * that a peer behind a NAT need not notice by itself that this node was restarted; a peer that does
 * not answer is dialled at its configured endpoint. Owned by the control thread.
 */
public final class LearnedEndpoints {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(15);

  private Map<PublicKey, UdpEndpoint> known;
  private final Set<PublicKey> dialled = new HashSet<>();
  private MonotonicTime dialledAt = MonotonicTime.NEVER;

  public LearnedEndpoints(Map<PublicKey, UdpEndpoint> known) {
    this.known = Map.copyOf(known);
  }

  public Map<PublicKey, UdpEndpoint> known() {
    return known;
  }

  /** Takes the endpoints of peers that completed a handshake; the others stay as they were. */
  public void learn(DeviceSnapshot snapshot) {
    var now = new HashMap<PublicKey, UdpEndpoint>();
    for (var peer : snapshot.peers()) {
      var endpoint =
          peer.connection().lastHandshake() == null ? null : peer.connection().endpoint();
      var before = known.get(peer.publicKey());
      if (endpoint instanceof UdpEndpoint udp) {
        now.put(peer.publicKey(), udp.withoutSource());
      } else if (before != null) {
        now.put(peer.publicKey(), before);
      }
    }
    known = Map.copyOf(now);
  }

  /** Settings for a new device: learned endpoints in place of the configured ones. */
  public DeviceConfig preferred(DeviceConfig settings) {
    return new DeviceConfig(
        settings.identities(),
        settings.listenPort(),
        settings.mark(),
        settings.peers().stream().map(this::preferred).toList());
  }

  private PeerConfig preferred(PeerConfig peer) {
    var learned = known.get(peer.publicKey());
    return learned == null ? peer : peer.toBuilder().endpointHint(learned).build();
  }

  /** Starts a handshake with every peer that has a learned endpoint. */
  public void dial(MeshDevice device, NodePlan plan, MonotonicTime now) {
    dialled.clear();
    for (var peer : plan.device().peers()) {
      if (known.containsKey(peer.publicKey())) {
        device.initiate(peer.publicKey());
        dialled.add(peer.publicKey());
      }
    }
    dialledAt = now;
  }

  /** Whether the dialled peers had their time to answer. */
  public boolean isRedialDue(MonotonicTime now) {
    return !dialled.isEmpty() && !now.isBefore(dialledAt.plus(ANSWER_WITHIN));
  }

  /**
   * Gives the dialled peers their configured endpoints. The device dials a peer there that did not
   * answer at the learned one; of the others it remembers the configured endpoint as a hint.
   */
  public void redial(MeshDevice device, NodePlan plan, PeerSettingsBuilder settings) {
    for (var peer : plan.device().peers()) {
      boolean elsewhere = !Objects.equals(settings.hint(peer), known.get(peer.publicKey()));
      if (elsewhere && dialled.contains(peer.publicKey())) {
        device.setPeer(settings.peer(peer));
      }
    }
    dialled.clear();
  }
}
