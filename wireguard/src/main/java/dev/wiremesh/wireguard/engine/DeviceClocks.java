package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.device.MonotonicClock;
import java.time.InstantSource;

/**
 * The clocks of a device.
 *
 * @param monotonic for intervals and timers
 * @param wall for the timestamps of initiations, and for reports
 */
public record DeviceClocks(MonotonicClock monotonic, InstantSource wall) {}
