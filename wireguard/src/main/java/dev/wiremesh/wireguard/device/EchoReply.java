package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.net.IpAddress;

/**
 * The reply to an {@link EchoRequest}. Its source was among the allowed IPs of the peer that sent
 * it.
 *
 * @param from the address that the request was sent to, if the token is that request's
 * @param receivedNanos time of receipt by the device's {@link MonotonicClock}
 */
public record EchoReply(IpAddress from, long token, long receivedNanos) {}
