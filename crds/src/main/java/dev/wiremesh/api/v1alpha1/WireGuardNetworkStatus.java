package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.wiremesh.api.ApiConventions;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Status of a WireGuardNetwork, and the allocated parameters. Written by the operator alone. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@SchemaCustomizer(value = ApiConventions.class, input = "conditions=type,pools=name,gateways=node")
public class WireGuardNetworkStatus {
  @JsonPropertyDescription("The metadata.generation that this status answers to.")
  public @Nullable Long observedGeneration;

  @JsonPropertyDescription(
      "Values in force, allocated by the operator where spec leaves them open.")
  public @Nullable Effective effective;

  @JsonPropertyDescription("The network's nodes, counted.")
  public @Nullable NodeCounts nodes;

  @JsonPropertyDescription("The network's peers outside the cluster, counted.")
  public @Nullable PeerCounts peers;

  @Size(max = 4)
  @JsonPropertyDescription("Usage of each address pool.")
  public List<PoolUsage> pools = new ArrayList<>();

  @Size(max = 100)
  @JsonPropertyDescription("The gateways, by node; of more than 100 the first 100.")
  public List<Gateway> gateways = new ArrayList<>();

  @Size(max = 44)
  @JsonPropertyDescription("The public key that all gateways answer to; clients pin it.")
  public @Nullable String gatewayPublicKey;

  @Size(max = 8)
  @JsonPropertyDescription("Accepted, AddressesAvailable, GatewayAvailable, AgentsReady, Ready.")
  public List<Condition> conditions = new ArrayList<>();

  /** Parameters in force on every node. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class Effective {
    @JsonPropertyDescription("UDP port on every node.")
    public @Nullable Integer listenPort;

    @Size(max = 15)
    @JsonPropertyDescription("Name of the interface on every node.")
    public @Nullable String interfaceName;

    @JsonPropertyDescription("Routing table of the network on every node.")
    public @Nullable Integer routingTable;

    @JsonPropertyDescription("Priority of the rule that looks the table up.")
    public @Nullable Integer rulePriority;

    @Size(max = 1024)
    @JsonPropertyDescription(
        "The cluster's pod, Service and node addresses; no Peer may bring a route over them. More than 1,024 blocks are widened to fewer that contain them.")
    public List<@Size(max = 43) String> clusterCIDRs = new ArrayList<>();

    @Size(max = 1024)
    @JsonPropertyDescription(
        "Cluster prefixes that peers reach through their gateway, by spec.nodes.advertise; they are in client configurations. More than 1,024 are widened to fewer that contain them.")
    public List<@Size(max = 43) String> advertisedCIDRs = new ArrayList<>();
  }

  /** Nodes, counted. */
  public static class NodeCounts {
    @JsonPropertyDescription("Nodes that the selector matches.")
    public @Nullable Integer total;

    @JsonPropertyDescription(
        "Nodes whose agent reports that all is programmed; nodes with a silent agent do not count.")
    public @Nullable Integer ready;

    @Size(max = 24)
    @JsonPropertyDescription("Ready nodes of all nodes, such as 2/3; the column NODES.")
    public @Nullable String summary;
  }

  /** Peers, counted. */
  public static class PeerCounts {
    @JsonPropertyDescription("Peers that name this network.")
    public @Nullable Integer total;

    @JsonPropertyDescription("Peers with a fresh handshake.")
    public @Nullable Integer connected;
  }

  /** Usage of a pool. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class PoolUsage {
    @Size(max = 63)
    @JsonPropertyDescription("Name of the pool.")
    public String name = "";

    @Size(max = 40)
    @JsonPropertyDescription(
        "Addresses that the pool can hand out; a text, since an IPv6 pool holds more than 64 bits can count.")
    public @Nullable String capacity;

    @JsonPropertyDescription("Addresses in use.")
    public @Nullable Integer allocated;

    @JsonPropertyDescription("Released addresses in quarantine until addressReuseAfter has passed.")
    public @Nullable Integer quarantined;

    @Size(max = 40)
    @JsonPropertyDescription("Addresses that a new peer could get now.")
    public @Nullable String free;
  }

  /** A node that lets peers in. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class Gateway {
    @Size(max = 253)
    @JsonPropertyDescription("Name of the node.")
    public String node = "";

    @Size(max = 261)
    @JsonPropertyDescription("host:port that clients of this gateway dial.")
    public @Nullable String endpoint;

    @JsonPropertyDescription("Whether its agent reports that all is programmed.")
    public @Nullable Boolean ready;
  }
}
