package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PublicKey;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a device tells while it runs. Called with the control lock held: it neither blocks nor calls
 * back into the device.
 */
public interface DeviceListener {
  /**
   * A session is confirmed by both ends.
   *
   * @param duration for the initiator from its last initiation to the response; for the responder
   *     from its response to the first packet under the new key; null when a retransmission or a
   *     cookie in between makes it meaningless
   */
  default void handshakeCompleted(PublicKey peer, boolean initiator, @Nullable Duration duration) {}

  /** A {@link Probe} was answered. */
  default void probeAnswered(PublicKey peer, Duration roundTrip) {}

  /** The interface is gone: the device can be closed. */
  default void interfaceGone() {}
}
