package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.io.BindFactory;
import dev.wiremesh.wireguard.io.TunDevice;
import java.time.InstantSource;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The collaborators that a device is constructed from.
 *
 * @param random a {@code SecureRandom}, except in tests
 * @param events called with the control lock held
 * @param giveWay called by the control thread: makes it less urgent than the packets' threads, so
 *     that a flood of handshakes takes little from the packets of those who have a session
 */
public record DeviceParts(
    TunDevice tun,
    BindFactory sockets,
    CipherBackend cipher,
    MonotonicClock monotonic,
    InstantSource wall,
    RandomGenerator random,
    Consumer<DeviceEvent> events,
    Runnable giveWay) {}
