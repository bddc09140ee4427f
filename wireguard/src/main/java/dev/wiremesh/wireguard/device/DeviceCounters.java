package dev.wiremesh.wireguard.device;

import java.util.Map;

/**
 * A device's counters at one moment. Every key is present; values never fall.
 *
 * @param outgoing batches read from the TUN
 * @param incoming batches received from the socket
 */
public record DeviceCounters(
    Map<HandshakeOutcome, Long> handshakes,
    Map<DropReason, Long> drops,
    Map<EndpointSource, Long> endpointChanges,
    BatchSizes outgoing,
    BatchSizes incoming) {}
