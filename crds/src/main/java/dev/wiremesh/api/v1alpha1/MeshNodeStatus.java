package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.wiremesh.api.ApiConventions;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Status of a MeshNode. Written by that node's agent alone. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@SchemaCustomizer(value = ApiConventions.class, input = "conditions=type,problemPeers=name")
public class MeshNodeStatus {
  @JsonPropertyDescription("The metadata.generation that this status answers to.")
  public @Nullable Long observedGeneration;

  @JsonPropertyDescription(
      "The metadata.generation that is in force on the node; behind observedGeneration while the node has not applied it.")
  public @Nullable Long appliedGeneration;

  @Size(max = 44)
  @JsonPropertyDescription("The node's public key; the other nodes accept it under this key only.")
  public @Nullable String publicKey;

  @JsonPropertyDescription("MTU of the network's interface on this node.")
  public @Nullable Integer mtu;

  @Size(max = 8)
  @JsonPropertyDescription("The node's name servers; no Peer may bring a route over them.")
  public List<@Size(max = 39) String> resolvers = new ArrayList<>();

  @JsonPropertyDescription("The data plane's program.")
  public @Nullable Dataplane dataplane;

  @JsonPropertyDescription("The peers on this node's device, nodes among them, counted.")
  public @Nullable PeerCounts peers;

  @Size(max = 50)
  @JsonPropertyDescription("Peers with a problem, at most 50 of them.")
  public List<ProblemPeer> problemPeers = new ArrayList<>();

  @Size(max = 8)
  @JsonPropertyDescription(
      "Provisioned, NodesReachable, DeviceReady, PeersProgrammed, RoutesProgrammed, Ready.")
  public List<Condition> conditions = new ArrayList<>();

  /** The data plane's program. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class Dataplane {
    @Size(max = 64)
    @JsonPropertyDescription("Version of the agent.")
    public @Nullable String version;

    @Size(max = 40)
    @JsonPropertyDescription("When the agent started.")
    public @Nullable String startedAt;
  }

  /** Peers, counted. */
  public static class PeerCounts {
    @JsonPropertyDescription("Peers on the device.")
    public @Nullable Integer total;

    @JsonPropertyDescription("Peers with a fresh handshake.")
    public @Nullable Integer connected;
  }

  /** A peer that is not well. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class ProblemPeer {
    @Required
    @Size(min = 1, max = 512)
    @JsonPropertyDescription("Name of the node, or <namespace>/<name> of the Peer.")
    public String name = "";

    @Size(max = 64)
    @JsonPropertyDescription("Reason of the problem, one word.")
    public @Nullable String reason;

    @Size(max = 512)
    @JsonPropertyDescription("Message, one sentence.")
    public @Nullable String message;
  }
}
