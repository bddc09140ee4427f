package dev.wiremesh.wireguard.device;

import dev.wiremesh.wireguard.io.Endpoint;

/** A datagram with the type and length of a handshake message, and its source. */
public record HandshakeMessage(byte[] bytes, Endpoint from) {}
