package dev.wiremesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.core.ipam.Owner;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.topology.Finding;
import dev.wiremesh.core.topology.Finding.Kind;
import dev.wiremesh.core.topology.Finding.Reason;
import dev.wiremesh.core.topology.Finding.Subject;
import dev.wiremesh.operator.peer.PeerConditions.Configuration;
import dev.wiremesh.operator.peer.PeerConditions.Facts;
import dev.wiremesh.operator.peer.PeerConditions.Gateway;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class PeerConditionsTest {
  private static final IpAddress ADDRESS = IpAddress.parse("10.70.0.5");
  private static final PeerKey KEY = new PeerKey.Generated(PrivateKey.of(new byte[32]));
  private static final Configuration PUBLISHED = new Configuration.Published("default/x-wiremesh");
  private static final Gateway PROGRAMMED = new Gateway.Programmed("hub");
  private static final Finding DUPLICATE =
      new Finding(
          new Subject(Kind.PEER, "default/x"), Reason.DUPLICATE_PUBLIC_KEY, "It belongs to y.");

  static Stream<Arguments> cases() {
    return Stream.of(
        arguments(
            facts(true, false, null, List.of(), KEY, PUBLISHED, PROGRAMMED),
            "+Accepted +Allocated +Generated +Published +Programmed +Ready"),
        arguments(
            facts(
                null, false, null, List.of(), null, new Configuration.NotYet(), new Gateway.None()),
            "-NetworkNotFound -NetworkNotFound"),
        arguments(
            facts(
                false, false, null, List.of(), KEY, new Configuration.NotYet(), new Gateway.None()),
            "?Waiting +Allocated +Generated ?Waiting"),
        arguments(
            facts(true, true, null, List.of(), KEY, PUBLISHED, PROGRAMMED),
            "-Suspended +Allocated +Generated +Published -Suspended"),
        arguments(
            facts(true, false, DUPLICATE, List.of(), KEY, new Configuration.NotYet(), PROGRAMMED),
            "-DuplicatePublicKey +Allocated +Generated -DuplicatePublicKey -DuplicatePublicKey"),
        arguments(
            facts(
                true,
                false,
                null,
                List.of(new AddressChoice.PoolExhausted("Full.")),
                KEY,
                new Configuration.NotYet(),
                PROGRAMMED),
            "+Accepted -PoolExhausted +Generated -PoolExhausted -PoolExhausted"),
        arguments(
            facts(
                true,
                false,
                null,
                List.of(
                    new AddressChoice.AddressInUse(ADDRESS, new Owner("Peer", "a", "b"), "Taken.")),
                KEY,
                PUBLISHED,
                PROGRAMMED),
            "+Accepted -AddressInUse +Generated +Published -AddressInUse -AddressInUse"),
        arguments(
            facts(
                true,
                false,
                null,
                List.of(new AddressChoice.AddressOutOfRange(ADDRESS, "Outside.")),
                KEY,
                PUBLISHED,
                PROGRAMMED),
            "+Accepted -AddressOutOfRange +Generated +Published -AddressOutOfRange"
                + " -AddressOutOfRange"),
        arguments(
            withAddress(
                facts(
                    true,
                    false,
                    null,
                    List.of(new AddressChoice.PoolExhausted("No IPv6 is left.")),
                    KEY,
                    PUBLISHED,
                    PROGRAMMED)),
            "+Accepted -PoolExhausted +Generated +Published +Programmed -PoolExhausted"),
        arguments(
            facts(
                true,
                false,
                null,
                List.of(),
                new PeerKey.NotFound("None."),
                new Configuration.NotYet(),
                PROGRAMMED),
            "+Accepted +Allocated -SecretNotFound -SecretNotFound -SecretNotFound"),
        arguments(
            facts(
                true,
                false,
                null,
                List.of(),
                new PeerKey.Invalid("Bad."),
                new Configuration.NotYet(),
                PROGRAMMED),
            "+Accepted +Allocated -SecretInvalid -SecretInvalid -SecretInvalid"),
        arguments(
            facts(
                true,
                false,
                null,
                List.of(),
                new PeerKey.NoPlace("Taken."),
                new Configuration.Conflict("Taken."),
                PROGRAMMED),
            "+Accepted +Allocated -SecretConflict -SecretConflict -SecretConflict -SecretConflict"),
        arguments(
            facts(
                true,
                false,
                null,
                List.of(),
                KEY,
                new Configuration.NoGateway(),
                new Gateway.None()),
            "+Accepted +Allocated +Generated -NoGateway -NoGateway"),
        arguments(
            facts(
                true,
                false,
                null,
                List.of(),
                KEY,
                new Configuration.EndpointUnknown("hub"),
                PROGRAMMED),
            "+Accepted +Allocated +Generated -EndpointUnknown +Programmed -EndpointUnknown"),
        arguments(
            facts(true, false, null, List.of(), KEY, PUBLISHED, new Gateway.Waiting("hub")),
            "+Accepted +Allocated +Generated +Published -Waiting -Waiting"),
        arguments(
            facts(true, false, null, List.of(), KEY, PUBLISHED, new Gateway.Failed("hub", "No.")),
            "+Accepted +Allocated +Generated +Published -AgentError -AgentError"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void conditionsAndReasons(Facts facts, String expected) {
    var conditions = Conditions.of(PeerConditions.of(facts), List.of(), 1, Instant.EPOCH);

    assertThat(
            conditions.stream()
                .map(it ->
                    switch (it.getStatus()) {
                          case "True" -> "+";
                          case "False" -> "-";
                          default -> "?";
                        }
                        + it.getReason())
                .collect(Collectors.joining(" ")))
        .isEqualTo(expected);
    assertThat(conditions).allSatisfy(it -> assertThat(it.getMessage()).endsWith("."));
  }

  private static Facts facts(
      @Nullable Boolean inForce,
      boolean suspended,
      @Nullable Finding finding,
      List<AddressChoice> problems,
      @Nullable PeerKey key,
      Configuration configuration,
      Gateway gateway) {
    return new Facts(
        "home",
        inForce,
        suspended,
        finding,
        problems.isEmpty() ? List.of(ADDRESS.toString()) : List.of(),
        problems,
        key,
        configuration,
        gateway);
  }

  /** One family could be served, whatever became of the other. */
  private static Facts withAddress(Facts facts) {
    return new Facts(
        facts.network(),
        facts.networkInForce(),
        facts.suspended(),
        facts.finding(),
        List.of(ADDRESS.toString()),
        facts.addressProblems(),
        facts.key(),
        facts.configuration(),
        facts.gateway());
  }
}
