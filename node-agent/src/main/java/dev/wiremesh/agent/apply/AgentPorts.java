package dev.wiremesh.agent.apply;

import dev.wiremesh.agent.bypass.ApiAccess;
import dev.wiremesh.agent.device.MeshDevices;
import dev.wiremesh.agent.host.FootprintStore;
import dev.wiremesh.agent.host.HostNetwork;
import dev.wiremesh.agent.report.Reporter;
import dev.wiremesh.agent.resolve.EndpointResolver;
import dev.wiremesh.agent.state.MeshStore;
import dev.wiremesh.agent.uninstall.Uninstall;

/** The interfaces through which the control loop acts; tests have fakes of them. */
public record AgentPorts(
    MeshDevices devices,
    HostNetwork host,
    FootprintStore footprints,
    MeshStore store,
    EndpointResolver resolver,
    Reporter reporter,
    ApplyTimer applyTimer,
    Uninstall uninstall,
    ApiAccess apiAccess) {}
