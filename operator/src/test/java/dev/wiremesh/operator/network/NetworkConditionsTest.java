package dev.wiremesh.operator.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.wiremesh.operator.network.NetworkConditions.Facts;
import dev.wiremesh.operator.network.NetworkConditions.GatewayFacts;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class NetworkConditionsTest {
  private static final List<GatewayFacts> PUBLIC = List.of(new GatewayFacts("hub", "203.0.113.5"));

  static Stream<Arguments> cases() {
    return Stream.of(
        arguments(
            facts(List.of(), List.of(), List.of(), PUBLIC, 3, List.of()),
            "+Accepted +Available +Available +AllReady +Ready"),
        arguments(
            facts(List.of("Taken."), List.of(), List.of(), PUBLIC, 3, List.of()),
            "-PortConflict +Available +Available +AllReady -PortConflict"),
        arguments(
            facts(List.of(), List.of("Overlaps."), List.of(), PUBLIC, 3, List.of()),
            "-InvalidSpec +Available +Available +AllReady -InvalidSpec"),
        arguments(
            facts(List.of(), List.of(), List.of("IPv4"), PUBLIC, 3, List.of()),
            "+Accepted -PoolExhausted +Available +AllReady -PoolExhausted"),
        arguments(
            facts(List.of(), List.of(), List.of(), null, 3, List.of()),
            "+Accepted +Available +AllReady +Ready"),
        arguments(
            facts(List.of(), List.of(), List.of(), List.of(), 3, List.of()),
            "+Accepted +Available -NoGateway +AllReady -NoGateway"),
        arguments(
            facts(
                List.of(),
                List.of(),
                List.of(),
                List.of(new GatewayFacts("hub", null)),
                3,
                List.of()),
            "+Accepted +Available -NoEndpoint +AllReady -NoEndpoint"),
        arguments(
            facts(
                List.of(),
                List.of(),
                List.of(),
                List.of(new GatewayFacts("hub", "10.0.0.5")),
                3,
                List.of()),
            "+Accepted +Available +EndpointPrivate +AllReady +Ready"),
        arguments(
            facts(
                List.of(),
                List.of(),
                List.of(),
                List.of(new GatewayFacts("hub", "vpn.example.com")),
                3,
                List.of("c")),
            "+Accepted +Available +Available -Waiting -Waiting"),
        arguments(
            facts(List.of(), List.of(), List.of(), PUBLIC, 0, List.of()),
            "+Accepted +Available +Available -Waiting -Waiting"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void conditionsAndReasons(Facts facts, String expected) {
    var drafts = NetworkConditions.of(facts);

    assertThat(
            drafts.stream()
                .map(draft -> (draft.isTrue() ? "+" : "-") + draft.reason().text())
                .collect(Collectors.joining(" ")))
        .isEqualTo(expected);
    assertThat(drafts).allSatisfy(it -> assertThat(it.message()).endsWith("."));
  }

  private static Facts facts(
      List<String> conflicts,
      List<String> invalid,
      List<String> exhausted,
      @Nullable List<GatewayFacts> gateways,
      int nodes,
      List<String> waiting) {
    return new Facts(conflicts, invalid, exhausted, gateways, nodes, waiting);
  }
}
