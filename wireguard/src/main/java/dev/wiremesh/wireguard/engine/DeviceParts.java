package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.io.BindFactory;
import dev.wiremesh.wireguard.io.TunDevice;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Collaborators of a device.
 *
 * @param random a {@code SecureRandom}, except in tests
 * @param events called with the control lock held
 * @param lowerPriority called by the control thread; lowers its scheduling priority below that of
 *     the packet threads, so that a flood of handshakes does not delay packets
 */
public record DeviceParts(
    TunDevice tun,
    BindFactory sockets,
    CipherBackend cipher,
    DeviceClocks clocks,
    RandomGenerator random,
    Consumer<DeviceEvent> events,
    Runnable lowerPriority) {}
