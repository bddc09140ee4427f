package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.wiremesh.api.ApiConventions;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Status of a Peer. The operator writes all of it but {@code connectivity} and the condition
 * Connected, which the gateway that serves the peer writes with a field manager of its own.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@SchemaCustomizer(value = ApiConventions.class, input = "conditions=type,routes=cidr")
public class PeerStatus {
  @JsonPropertyDescription(
      "The metadata.generation that the operator's part of this status answers to.")
  public @Nullable Long observedGeneration;

  @Size(max = 2)
  @JsonPropertyDescription("The peer's addresses in the network, at most one of each family.")
  public List<@Size(max = 39) String> addresses = new ArrayList<>();

  @Size(max = 253)
  @JsonPropertyDescription("The node whose endpoint the peer's configuration names.")
  public @Nullable String homeGateway;

  @Size(max = 44)
  @JsonPropertyDescription("The peer's public key.")
  public @Nullable String publicKey;

  @Size(max = 253)
  @JsonPropertyDescription("The Secret that holds the peer's wg-quick.conf.")
  public @Nullable String configSecret;

  @JsonPropertyDescription("The peer's session, as its gateway observes it.")
  public @Nullable Connectivity connectivity;

  @Size(max = 64)
  @JsonPropertyDescription("The decision on each of spec.routes.")
  public List<RouteStatus> routes = new ArrayList<>();

  @Size(max = 8)
  @JsonPropertyDescription(
      "Accepted routes of those asked for, such as 1/2; the column ROUTES. Absent without spec.routes.")
  public @Nullable String routesAccepted;

  @Size(max = 8)
  @JsonPropertyDescription(
      "Accepted, AddressAllocated, KeyReady, ConfigPublished, Programmed, Connected, Ready.")
  public List<Condition> conditions = new ArrayList<>();

  /** A session, as its gateway sees it. Written on transitions, and now and then as a refresh. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class Connectivity {
    @JsonPropertyDescription(
        "Connected: the last handshake is fresh. Stale: it is not. Never: there was none. Unknown: it cannot be known.")
    public @Nullable State state;

    @Size(max = 253)
    @JsonPropertyDescription("The node that holds the session.")
    public @Nullable String gateway;

    @Size(max = 64)
    @JsonPropertyDescription("Address and port that the peer was last heard from.")
    public @Nullable String endpoint;

    @Size(max = 40)
    @JsonPropertyDescription("Time of the last transition of the state.")
    public @Nullable String since;

    @Size(max = 40)
    @JsonPropertyDescription("Time of the last completed handshake.")
    public @Nullable String lastHandshakeTime;

    @Size(max = 40)
    @JsonPropertyDescription("Time of the observation by the gateway.")
    public @Nullable String observedAt;

    @Size(max = 64)
    @JsonPropertyDescription("Blocks of groups whose traffic the gateway sends to this peer now.")
    public List<@Size(max = 43) String> activeRoutes = new ArrayList<>();
  }

  /** State of a session. */
  public enum State {
    @JsonProperty("Connected")
    CONNECTED,
    @JsonProperty("Stale")
    STALE,
    @JsonProperty("Never")
    NEVER,
    @JsonProperty("Unknown")
    UNKNOWN
  }

  /** Status of a route. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class RouteStatus {
    @Size(max = 43)
    @JsonPropertyDescription("The block, as in spec.routes.")
    public String cidr = "";

    @Size(max = 43)
    @JsonPropertyDescription(
        "The block under which others reach it, if spec.routes translates it; the state is about this block.")
    public @Nullable String translateTo;

    @JsonPropertyDescription(
        "Accepted: others reach it through this peer. Standby: nothing is wrong with it, but it carries nothing now: the peer has no session yet, or another peer of its group is active. Conflict: an older peer brings it or a block that overlaps it. Rejected: the network does not allow it, or it overlaps a block that no peer may bring.")
    public @Nullable RouteState state;

    @Size(max = 1024)
    @JsonPropertyDescription(
        "Cause of the state, and the text to write instead; of an accepted route also how its router must be set by hand.")
    public @Nullable String message;
  }

  /** State of a route. */
  public enum RouteState {
    @JsonProperty("Accepted")
    ACCEPTED,
    @JsonProperty("Standby")
    STANDBY,
    @JsonProperty("Conflict")
    CONFLICT,
    @JsonProperty("Rejected")
    REJECTED
  }
}
