package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.device.PeerSnapshot;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A peer's traffic statistics. Each counter has one writer, so that counting needs no atomic
 * operation; any thread reads.
 */
public final class TrafficStats {
  /** Data packets sent; written by the sending thread. */
  public final TrafficCounter sentData = new TrafficCounter();

  /** Handshake messages, keepalives and staged packets sent; written under the control lock. */
  public final TrafficCounter sentByControl = new TrafficCounter();

  /** Probe replies sent; written by the receiving thread. */
  public final TrafficCounter sentByReceiver = new TrafficCounter();

  /** Data packets received; written by the receiving thread. */
  public final TrafficCounter receivedData = new TrafficCounter();

  /** Handshake messages received; written under the control lock. */
  public final TrafficCounter receivedByControl = new TrafficCounter();

  /** Lost and reordered packets; written by the receiving thread. */
  public final LossCounter losses = new LossCounter();

  /** Time of the last packet received that is not a keepalive; written by the receiving thread. */
  public final AtomicLong lastDataReceivedNanos = new AtomicLong(TrafficCounter.NEVER);

  /** Increases before anything is sent, so that an answer to it is seen after the increase. */
  public long sendsBegun() {
    return sentData.begun() + sentByControl.begun() + sentByReceiver.begun();
  }

  /** Authenticated packets sent, of any kind. */
  long sentPackets() {
    return sentData.packets() + sentByControl.packets() + sentByReceiver.packets();
  }

  private long sentBytes() {
    return sentData.bytes() + sentByControl.bytes() + sentByReceiver.bytes();
  }

  /** Authenticated packets received, of any kind. */
  public long receivedPackets() {
    return receivedData.packets() + receivedByControl.packets();
  }

  /** Increases with every authenticated packet. */
  public long activity() {
    return sentPackets() + receivedPackets();
  }

  /** Time of the last packet of any kind, in either direction. */
  public long lastPacketNanos() {
    return Math.max(
        Math.max(sentData.lastNanos(), receivedData.lastNanos()),
        Math.max(
            sentByReceiver.lastNanos(),
            Math.max(sentByControl.lastNanos(), receivedByControl.lastNanos())));
  }

  /** Time of the last packet in either direction that is neither keepalive nor probe. */
  public long lastDataNanos() {
    return Math.max(sentData.lastNanos(), lastDataReceivedNanos.getAcquire());
  }

  public PeerSnapshot.Traffic snapshot() {
    return new PeerSnapshot.Traffic(
        new PeerSnapshot.Volume(
            receivedData.bytes() + receivedByControl.bytes(), receivedPackets()),
        new PeerSnapshot.Volume(sentBytes(), sentPackets()),
        losses.lost(),
        losses.reordered());
  }
}
