package dev.wiremesh.wireguard.device;

import dev.wiremesh.wireguard.io.Endpoint;

/** A datagram that may be a handshake message, and where it came from. */
public record HandshakeMessage(byte[] bytes, Endpoint from) {}
