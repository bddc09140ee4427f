package dev.wiremesh.agent.bypass;

/** The interfaces to the node's way to the API server; tests have fakes of them. */
public record ApiAccess(BypassSource bypass, ApiProbe probe) {}
