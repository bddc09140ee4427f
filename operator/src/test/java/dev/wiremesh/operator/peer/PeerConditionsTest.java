package dev.wiremesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.core.ipam.Owner;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.core.membership.Finding.Cause;
import dev.wiremesh.core.membership.Finding.Kind;
import dev.wiremesh.core.membership.Finding.Subject;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.operator.clientconfig.ConfigurationProblem;
import dev.wiremesh.operator.ipam.OwnerAddresses;
import dev.wiremesh.operator.peer.PeerObservation.NetworkState;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class PeerConditionsTest {
  private static final IpAddress ADDRESS = IpAddress.parse("10.70.0.5");
  private static final PeerKey KEY = new PeerKey.Generated(PrivateKey.of(new byte[32]));
  private static final Finding DUPLICATE =
      new Finding(
          new Subject(Kind.PEER, "default/x"), Cause.DUPLICATE_PUBLIC_KEY, "It belongs to y.");

  static Stream<Arguments> cases() {
    return Stream.of(
        row("all well", served(), "+Accepted +Allocated +Generated +Published +Programmed +Ready"),
        row(
            "no such network",
            PeerObservation.in("home").state(NetworkState.ABSENT),
            "-NetworkNotFound -NetworkNotFound"),
        row(
            "the network is not in force",
            withAddressAndKey().state(NetworkState.NOT_IN_FORCE),
            "?Waiting +Allocated +Generated ?Waiting"),
        row(
            "suspended",
            served().suspended(true),
            "-Suspended +Allocated +Generated +Published -Suspended"),
        row(
            "the network has no place",
            PeerObservation.in("home").quotaExceeded("Full."),
            "-QuotaExceeded -QuotaExceeded"),
        row(
            "a reserved address without a grant",
            unpublished().addresses(none(new AddressChoice.AddressReserved(ADDRESS, "Reserved."))),
            "+Accepted -AddressOutOfRange +Generated -AddressOutOfRange -AddressOutOfRange"),
        row(
            "an older peer has the key",
            unpublished().duplicateKey(DUPLICATE),
            "-DuplicatePublicKey +Allocated +Generated -DuplicatePublicKey -DuplicatePublicKey"),
        row(
            "no address is free",
            unpublished().addresses(none(new AddressChoice.PoolExhausted("Full."))),
            "+Accepted -PoolExhausted +Generated -PoolExhausted -PoolExhausted"),
        row(
            "the static address is in use",
            served()
                .addresses(
                    none(
                        new AddressChoice.AddressInUse(
                            ADDRESS, new Owner("Peer", "a", "b"), "Taken."))),
            "+Accepted -AddressInUse +Generated +Published -AddressInUse -AddressInUse"),
        row(
            "the static address is outside",
            served().addresses(none(new AddressChoice.AddressOutOfRange(ADDRESS, "Outside."))),
            "+Accepted -AddressOutOfRange +Generated +Published -AddressOutOfRange"
                + " -AddressOutOfRange"),
        row(
            "one family has an address, the other none",
            served()
                .addresses(
                    new OwnerAddresses(
                        List.of(ADDRESS),
                        List.of(new AddressChoice.PoolExhausted("No IPv6 is left.")))),
            "+Accepted -PoolExhausted +Generated +Published +Programmed -PoolExhausted"),
        row(
            "the user's Secret is missing",
            unpublished().key(new PeerKey.NotFound("None.")),
            "+Accepted +Allocated -SecretNotFound -SecretNotFound -SecretNotFound"),
        row(
            "the user's Secret has no key",
            unpublished().key(new PeerKey.Invalid("Bad.")),
            "+Accepted +Allocated -SecretInvalid -SecretInvalid -SecretInvalid"),
        row(
            "the name of the Secret is taken",
            unpublished()
                .key(new PeerKey.NoPlace("Taken."))
                .configuration(new ConfigurationState.Conflict("Taken.")),
            "+Accepted +Allocated -SecretConflict -SecretConflict -SecretConflict -SecretConflict"),
        row(
            "no gateway",
            withAddressAndKey().configuration(new ConfigurationState.NoGateway()),
            "+Accepted +Allocated +Generated -NoGateway -NoGateway"),
        row(
            "the gateway has no address",
            unpublished().configuration(new ConfigurationState.EndpointUnknown("hub")),
            "+Accepted +Allocated +Generated -EndpointUnknown +Programmed -EndpointUnknown"),
        row(
            "an MTU that IPv6 does not allow",
            unpublished()
                .configuration(
                    new ConfigurationState.Unusable(
                        new ConfigurationProblem.MtuTooSmall("Write 1280."))),
            "+Accepted +Allocated +Generated -MtuTooSmall +Programmed -MtuTooSmall"),
        row(
            "no allowed IPs",
            unpublished()
                .configuration(
                    new ConfigurationState.Unusable(
                        new ConfigurationProblem.NothingAllowed("Write a range."))),
            "+Accepted +Allocated +Generated -NothingAllowed +Programmed -NothingAllowed"),
        row(
            "the gateway has not reported",
            served().gateway(new GatewayState.Waiting("hub")),
            "+Accepted +Allocated +Generated +Published -Waiting -Waiting"),
        row(
            "the gateway's agent is silent",
            served().gateway(new GatewayState.Silent("hub", "2026-01-01T00:00:00Z")),
            "+Accepted +Allocated +Generated +Published ?AgentSilent ?AgentSilent"),
        row(
            "the gateway could not",
            served().gateway(new GatewayState.Failed("hub", "No.")),
            "+Accepted +Allocated +Generated +Published -AgentError -AgentError"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void conditionsAndReasons(PeerObservation peer, String expected) {
    var drafts = PeerConditions.of(peer);

    assertThat(drafts.stream().map(PeerConditionsTest::text).collect(Collectors.joining(" ")))
        .isEqualTo(expected);
    assertThat(drafts).allSatisfy(draft -> assertThat(draft.message()).endsWith("."));
  }

  private static String text(ConditionDraft draft) {
    return switch (draft.status()) {
          case TRUE -> "+";
          case FALSE -> "-";
          case UNKNOWN -> "?";
        }
        + draft.reason().text();
  }

  /** A peer has one home gateway: the message names it, and counts none. */
  @Test
  void programmedNamesTheHomeGateway() {
    assertThat(programmed(new GatewayState.Programmed("hub")))
        .isEqualTo("The gateway hub lets the peer in.");
    assertThat(programmed(new GatewayState.Waiting("hub")))
        .isEqualTo("The gateway hub does not let the peer in yet: waiting for its agent.");
  }

  private static String programmed(GatewayState gateway) {
    return PeerConditions.of(served().gateway(gateway).build()).stream()
        .filter(draft -> draft.type() == ConditionType.PROGRAMMED)
        .map(ConditionDraft::message)
        .findFirst()
        .orElseThrow();
  }

  private static PeerObservation.Builder withAddressAndKey() {
    return PeerObservation.in("home")
        .addresses(new OwnerAddresses(List.of(ADDRESS), List.of()))
        .key(KEY);
  }

  private static PeerObservation.Builder unpublished() {
    return withAddressAndKey().gateway(new GatewayState.Programmed("hub"));
  }

  private static PeerObservation.Builder served() {
    return unpublished()
        .configuration(new ConfigurationState.Published("default/x-wiremesh", Optional.empty()));
  }

  private static OwnerAddresses none(AddressChoice problem) {
    return new OwnerAddresses(List.of(), List.of(problem));
  }

  private static Arguments row(String name, PeerObservation.Builder peer, String expected) {
    return arguments(Named.of(name, peer.build()), expected);
  }
}
