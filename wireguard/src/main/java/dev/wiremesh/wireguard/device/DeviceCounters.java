package dev.wiremesh.wireguard.device;

import java.util.Map;

/**
 * A device's counters at one moment; every key is present, and values only grow.
 *
 * @param outgoing batches that were read from the TUN
 * @param incoming batches that were received from the socket
 */
public record DeviceCounters(
    Map<HandshakeOutcome, Long> handshakes,
    Map<DropReason, Long> drops,
    Map<EndpointSource, Long> endpointChanges,
    BatchSizes outgoing,
    BatchSizes incoming) {}
