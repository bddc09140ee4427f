package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PublicKey;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An event of a running device. The device passes it to its consumer with the control lock held:
 * the consumer neither blocks nor calls back into the device.
 */
public sealed interface DeviceEvent {
  /**
   * A session was confirmed by both ends.
   *
   * @param duration for the initiator from its last initiation to the response; for the responder
   *     from its response to the first packet under the new key; null when a retransmission or a
   *     cookie reply in between makes it meaningless
   */
  record HandshakeCompleted(PublicKey peer, boolean initiator, @Nullable Duration duration)
      implements DeviceEvent {}

  /** A {@link Probe} was answered. */
  record ProbeAnswered(PublicKey peer, Duration roundTrip) implements DeviceEvent {}

  /** The interface was deleted: the device can be closed. */
  record InterfaceGone() implements DeviceEvent {}
}
