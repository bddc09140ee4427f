package dev.wiremesh.operator.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.wiremesh.operator.network.NetworkObservation.GatewayAddress;
import dev.wiremesh.operator.network.NetworkObservation.SilentAgent;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class NetworkConditionsTest {

  static Stream<Arguments> cases() {
    return Stream.of(
        row("all well", reachable(), "+Accepted +Available +Available +AllReady +Ready"),
        row(
            "another network has the port",
            reachable().deviceConflicts(List.of("Taken.")),
            "-PortConflict +Available +Available +AllReady -PortConflict"),
        row(
            "a pool overlaps",
            reachable().poolOverlaps(List.of("Overlaps.")),
            "-InvalidSpec +Available +Available +AllReady -InvalidSpec"),
        row(
            "no IPv4 address is free",
            reachable().exhausted(List.of("IPv4")),
            "+Accepted -PoolExhausted +Available +AllReady -PoolExhausted"),
        row(
            "no gateways asked for",
            NetworkObservation.ofNodes(3),
            "+Accepted +Available +AllReady +Ready"),
        row(
            "no node is a gateway",
            NetworkObservation.ofNodes(3).gateways(List.of()),
            "+Accepted +Available -NoGateway +AllReady -NoGateway"),
        row(
            "the gateway has no address",
            gatewayAt(null),
            "+Accepted +Available -NoEndpoint +AllReady -NoEndpoint"),
        row(
            "the gateway's address is private",
            gatewayAt("10.0.0.5"),
            "+Accepted +Available +EndpointPrivate +AllReady +Ready"),
        row(
            "a node is not ready",
            gatewayAt("vpn.example.com").waiting(List.of("c")),
            "+Accepted +Available +Available -Waiting -Waiting"),
        row(
            "the agent of a node is silent",
            gatewayAt("vpn.example.com")
                .waiting(List.of("c"))
                .silent(List.of(new SilentAgent("b", "2026-01-01T00:00:00Z"))),
            "+Accepted +Available +Available -AgentSilent -AgentSilent"),
        row(
            "no node has joined",
            NetworkObservation.ofNodes(0),
            "+Accepted +Available -Waiting -Waiting"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void conditionsAndReasons(NetworkObservation network, String expected) {
    var drafts = NetworkConditions.of(network);

    assertThat(
            drafts.stream()
                .map(draft -> (draft.isTrue() ? "+" : "-") + draft.reason().text())
                .collect(Collectors.joining(" ")))
        .isEqualTo(expected);
    assertThat(drafts).allSatisfy(draft -> assertThat(draft.message()).endsWith("."));
  }

  @Test
  void silentAgentsAreNamedWithTheTime() {
    var network =
        NetworkObservation.ofNodes(4)
            .waiting(List.of("c"))
            .silent(
                List.of(
                    new SilentAgent("a", "2026-01-01T00:00:00Z"),
                    new SilentAgent("b", "2026-01-01T00:00:07Z")))
            .build();

    assertThat(NetworkConditions.of(network).getLast().message())
        .isEqualTo(
            "1 of 4 nodes are programmed; 2 agents are silent: a (since 2026-01-01T00:00:00Z), b"
                + " (since 2026-01-01T00:00:07Z); waiting for c. Their MeshNodes say where to"
                + " look.");
  }

  private static NetworkObservation.Builder reachable() {
    return gatewayAt("203.0.113.5");
  }

  private static NetworkObservation.Builder gatewayAt(@Nullable String host) {
    return NetworkObservation.ofNodes(3).gateways(List.of(new GatewayAddress("hub", host)));
  }

  private static Arguments row(String name, NetworkObservation.Builder network, String expected) {
    return arguments(Named.of(name, network.build()), expected);
  }
}
