package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.wiremesh.api.ApiConventions;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The wanted state of a network. Never written by Wiremesh. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@SchemaCustomizer(value = ApiConventions.class, input = "addressPools=name")
@ValidationRule(
    value = "oldSelf.addressPools.all(o, self.addressPools.exists(n, n.name == o.name))",
    message =
        "addressPools is append-only: keep every pool that is there and add another one beside it",
    fieldPath = ".addressPools")
@ValidationRule(
    value =
        "!self.addressPools.all(p, isCIDR(p.cidr)) || self.addressPools.all(p, self.addressPools.all(q, p.name == q.name || !cidr(p.cidr).containsCIDR(cidr(q.cidr))))",
    message = "addressPools must not overlap: give each pool a block of its own",
    fieldPath = ".addressPools")
@ValidationRule(
    value =
        "!has(self.mtu) || type(self.mtu) == string || int(self.mtu) >= 1280 || self.addressPools.all(p, !p.cidr.contains(':'))",
    message = "with an IPv6 address pool the mtu is auto or at least 1280",
    fieldPath = ".mtu")
@ValidationRule(
    value = "has(self.interfaceName) == has(oldSelf.interfaceName)",
    message =
        "interfaceName is chosen when the network is created: delete the network and create it anew to change it")
@ValidationRule(
    value = "!has(self.topology) || self.topology != 'HubAndSpoke' || has(self.gateways)",
    message =
        "with topology HubAndSpoke nodes reach each other by way of the gateways: write gateways: {selector: ...}, or topology: FullMesh",
    fieldPath = ".topology")
public class WireGuardNetworkSpec {

  @Required
  @Size(min = 1, max = 4)
  @JsonPropertyDescription(
      "The blocks that nodes and peers get their addresses from; each gets one address of each address family. Pools can be added later, not removed.")
  public List<AddressPool> addressPools = new ArrayList<>();

  @Default("24h")
  @Size(max = 32)
  @ValidationRule(value = Durations.REUSE, message = Durations.REUSE_MESSAGE)
  @JsonPropertyDescription(
      "Quarantine of a released address, such as 24h; only a peer or node that comes back under its old name gets it before that.")
  public String addressReuseAfter = "24h";

  @Size(max = 32)
  @JsonPropertyDescription(
      "Namespaces whose Peers may ask for addresses in the pools' reserved blocks. Default: none may. A Peer keeps a reserved address that it has.")
  public List<ReservedGrant> reservedGrants = new ArrayList<>();

  @JsonPropertyDescription(
      "Limits for the addresses and the number of Peers, so that one namespace does not use up the pools of all.")
  public @Nullable Limits limits;

  @Min(1)
  @Max(65535)
  @JsonPropertyDescription(
      "UDP port of the network on every node. Default: a free one from 51900 on, see status.effective.listenPort.")
  public @Nullable Integer listenPort;

  @Size(min = 1, max = 15)
  @ValidationRule(
      value = "self.matches('^[A-Za-z0-9][-_A-Za-z0-9]*$')",
      message =
          "write a name of at most 15 letters, digits, '-' and '_', such as wg-home: the kernel refuses '/' and spaces")
  @ValidationRule(
      value = "!(self in ['all', 'default', 'lo'])",
      message =
          "the kernel keeps the names all, default and lo for itself: write another one, such as wg-home")
  @ValidationRule(
      value = "self == oldSelf",
      message =
          "interfaceName is chosen when the network is created: delete the network and create it anew to change it")
  @JsonPropertyDescription(
      "Name of the network's interface on every node. Default: wg- and the network's name where it fits in 15 characters, see status.effective.interfaceName.")
  public @Nullable String interfaceName;

  @Default("auto")
  @ValidationRule(
      value = "type(self) == string ? self == 'auto' : int(self) >= 576 && int(self) <= 65535",
      message = "write auto, or a number of bytes from 576 to 65535")
  @JsonPropertyDescription(
      "Largest packet inside the tunnel, in bytes, or auto: the MTU of the nodes' own networks less WireGuard's overhead.")
  public @Nullable IntOrString mtu;

  @Default("25s")
  @Size(max = 32)
  @ValidationRule(value = Durations.KEEPALIVE, message = Durations.KEEPALIVE_MESSAGE)
  @JsonPropertyDescription(
      "Interval of keepalives that hold NAT and firewall state open, such as 25s; 0s disables them.")
  public String persistentKeepalive = "25s";

  @JsonPropertyDescription("Which nodes of the cluster join. Absent: none.")
  public @Nullable Nodes nodes;

  @Default("FullMesh")
  @JsonPropertyDescription(
      "Which nodes have sessions with each other. FullMesh: all of them. HubAndSpoke: nodes that are no gateways have sessions with gateways only, which relay between them.")
  public Topology topology = Topology.FULL_MESH;

  @JsonPropertyDescription(
      "The nodes that peers outside the cluster connect to. Absent: none, and such peers have no way in.")
  public @Nullable Gateways gateways;

  @JsonPropertyDescription("Rules for keys.")
  public @Nullable Keys keys;

  @JsonPropertyDescription("Policy routing into the tunnel on a node.")
  public @Nullable Routing routing;

  @JsonPropertyDescription("Which networks peers may bring with them. Absent: none.")
  public @Nullable PeerRoutes peerRoutes;

  @JsonPropertyDescription(
      "Defaults of client configurations; a Peer's spec.client overrides them.")
  public @Nullable ClientDefaults clientDefaults;

  /** A block of addresses. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value =
          "!isCIDR(self.cidr) || !has(self.reserved) || self.reserved.all(r, !isCIDR(r) || cidr(self.cidr).containsCIDR(r))",
      message = "each reserved block lies inside the pool's cidr",
      fieldPath = ".reserved")
  public static class AddressPool {
    @Required
    @Size(min = 1, max = 63)
    @ValidationRule(
        value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        message = "write a name of lower-case letters, digits and '-', such as v4")
    @JsonPropertyDescription("Name of the pool, such as v4.")
    public String name = "";

    @Required
    @Size(max = 43)
    @ValidationRule(
        value = "self == oldSelf",
        message = "a pool's cidr cannot change: add another pool beside it")
    @ValidationRule(
        value = Blocks.BLOCK,
        message =
            "write a block without host bits, such as 10.70.0.0/16 or fd00:70::/64, and no number with leading zeros")
    @ValidationRule(
        value =
            "!isCIDR(self) || (cidr(self).ip().family() == 4 ? cidr(self).prefixLength() >= 8 && cidr(self).prefixLength() <= 30 : cidr(self).prefixLength() >= 32 && cidr(self).prefixLength() <= 126)",
        message = "write a pool between /8 and /30 for IPv4, between /32 and /126 for IPv6")
    @ValidationRule(value = Blocks.UNICAST, message = Blocks.UNICAST_MESSAGE)
    @JsonPropertyDescription(
        "The block, such as 10.70.0.0/16 or fd00:70::/64. It cannot change later.")
    public String cidr = "";

    @Size(max = 16)
    @JsonPropertyDescription(
        "Parts of the block that are handed out only to a Peer that names the address in spec.addresses, and whose namespace has it in reservedGrants, and to a node that has the address in nodes.overrides.")
    @ValidationRule(
        value = ApiConventions.EACH + Blocks.BLOCK,
        message =
            "write a block without host bits, such as 10.70.0.0/28; a single address is 10.70.0.1/32")
    public List<@Size(max = 43) String> reserved = new ArrayList<>();
  }

  /** Reserved addresses for the Peers of some namespaces. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class ReservedGrant {
    @Required
    @JsonPropertyDescription("Namespaces whose labels match have the grant; {}: all of them.")
    public @Nullable LabelSelector namespaces;

    @Required
    @Size(min = 1, max = 16)
    @JsonPropertyDescription(
        "Blocks whose reserved addresses the Peers of these namespaces may ask for in spec.addresses.")
    @ValidationRule(
        value = ApiConventions.EACH + Blocks.BLOCK,
        message =
            "write a block without host bits, such as 10.70.0.0/28; a single address is 10.70.0.1/32")
    public List<@Size(max = 43) String> addresses = new ArrayList<>();
  }

  /** Limits for namespaces. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class Limits {
    @Min(0)
    @Max(1000000)
    @JsonPropertyDescription(
        "How many Peers the network has at most. Further ones are not accepted (QuotaExceeded), those that have an address stay. Default: no limit.")
    public @Nullable Integer maxPeers;

    @Min(0)
    @Max(1000000)
    @JsonPropertyDescription(
        "How many Peers of one namespace the network has at most. Further ones are not accepted (QuotaExceeded), those that have an address stay. Default: no limit.")
    public @Nullable Integer maxPeersPerNamespace;

    @Default("32")
    @Min(0)
    @Max(65536)
    @JsonPropertyDescription(
        "How many released addresses of one namespace rest for addressReuseAfter, in each address family. With so many at rest a new Peer of the namespace gets the one that has rested longest; those beyond the limit are free for all. Of the addresses for Peers half rest at most, so in a small pool fewer. Nodes count as a namespace.")
    public Integer maxRestingAddressesPerNamespace = 32;

    @Default("10%")
    @ValidationRule(
        value = "type(self) == string && string(self).matches('^([0-9]|[1-8][0-9]|90)%$')",
        message = "write a share in percent, from 0% to 90%, such as 10%")
    @JsonPropertyDescription(
        "Part of each pool, without its reserved blocks, that only nodes get addresses from, such as 10%; rounded up, so at least one address; 0% none.")
    public IntOrString nodeAddressShare = new IntOrString("10%");
  }

  /** Which nodes join, and where they are. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @SchemaCustomizer(value = ApiConventions.class, input = "overrides=node")
  public static class Nodes {
    @JsonPropertyDescription(
        "Nodes whose labels match join the network. Absent: none; {}: all of them.")
    public @Nullable LabelSelector selector;

    @Size(max = 3)
    @ValidationRule(
        value = "self.all(a, self.exists_one(b, b == a))",
        message = "name each of PodCIDRs, ServiceCIDRs and InternalIPs at most once")
    @JsonPropertyDescription(
        "Cluster prefixes that are reachable through the mesh. PodCIDRs: pods on different nodes talk through it, and peers reach them. ServiceCIDRs, InternalIPs: peers reach Services by ClusterIP, and the nodes' own addresses, through a gateway. Default: nothing.")
    public List<Advertised> advertise = new ArrayList<>();

    @Size(max = 317)
    @ValidationRule(
        value =
            "self == '' || self.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",
        message = "write the key of a node label, such as topology.kubernetes.io/zone")
    @JsonPropertyDescription(
        "Label of Nodes whose value is the name of their site. Within a site nodes dial each other's InternalIP, between sites the ExternalIP; where neither end can dial the other, a gateway relays. Nodes without the label are one site. Default: all nodes are one site.")
    public @Nullable String siteLabel;

    @Size(max = 256)
    @JsonPropertyDescription("Addresses and endpoints of single nodes. Default: none.")
    public List<NodeOverride> overrides = new ArrayList<>();
  }

  /** Values that a user chooses for one node. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class NodeOverride {
    @Required
    @Size(min = 1, max = 253)
    @ValidationRule(
        value = Names.SUBDOMAIN,
        message =
            "write the name of a Node, such as worker-1: lower-case letters, digits, '-' and '.'")
    @JsonPropertyDescription("The Node.")
    public String node = "";

    @Size(max = 2)
    @ValidationRule(
        value =
            "!self.all(a, isIP(a)) || (self.filter(a, ip(a).family() == 4).size() <= 1 && self.filter(a, ip(a).family() == 6).size() <= 1)",
        message = "write at most one IPv4 and one IPv6 address")
    @JsonPropertyDescription(
        "Addresses of the node in the network, inside the pools, their reserved blocks included; at most one of each address family. Default: free ones are chosen.")
    @ValidationRule(
        value = ApiConventions.EACH + "isIP(self)",
        message = "write an address without a prefix length, such as 10.70.0.1 or fd00:70::1")
    public List<@Size(max = 39) String> addresses = new ArrayList<>();

    @ValidationRule(
        value = DialableHosts.DIALABLE,
        message = DialableHosts.DIALABLE_MESSAGE,
        fieldPath = ".host")
    @JsonPropertyDescription(
        "Where the node is dialled from elsewhere, such as the address and port of a port forward. Nodes of other sites dial it there, as do clients if the node is a gateway. Default: the Node's addresses with the network's port.")
    public @Nullable HostPort endpoint;
  }

  /** The sessions between nodes. */
  public enum Topology {
    @JsonProperty("FullMesh")
    FULL_MESH,
    @JsonProperty("HubAndSpoke")
    HUB_AND_SPOKE
  }

  /** A part of the cluster. */
  public enum Advertised {
    @JsonProperty("PodCIDRs")
    POD_CIDRS,
    @JsonProperty("ServiceCIDRs")
    SERVICE_CIDRS,
    @JsonProperty("InternalIPs")
    INTERNAL_IPS
  }

  /** Which of the joined nodes let peers in. */
  public static class Gateways {
    @JsonPropertyDescription(
        "The network's nodes whose labels match are gateways. Absent: none; {}: all of them.")
    public @Nullable LabelSelector selector;

    @JsonPropertyDescription(
        "Endpoint in client configurations: a DNS name, an address, or a load balancer over all gateways. Default: the home gateway's ExternalIP, else its InternalIP, with the network's port.")
    @ValidationRule(
        value = DialableHosts.DIALABLE,
        message = DialableHosts.DIALABLE_MESSAGE,
        fieldPath = ".host")
    public @Nullable HostPort endpoint;
  }

  /** Agreements about keys. */
  public static class Keys {
    @Default("Enabled")
    @JsonPropertyDescription(
        "Whether each pair mixes a preshared key into its handshakes, which protects recorded traffic even if Curve25519 is broken.")
    public PresharedKeys presharedKeys = PresharedKeys.ENABLED;
  }

  /** Whether pairs use preshared keys. */
  public enum PresharedKeys {
    @JsonProperty("Enabled")
    ENABLED,
    @JsonProperty("Disabled")
    DISABLED
  }

  /** Where routes are kept. */
  public static class Routing {
    @Min(1)
    @Max(2147483647)
    @ValidationRule(
        value = "self < 253 || self > 255",
        message = "tables 253 to 255 belong to the system: write another number, such as 51900")
    @JsonPropertyDescription(
        "Routing table that holds the network's routes and nothing else. Default: one of its own, see status.effective.routingTable.")
    public @Nullable Integer table;

    @Min(1)
    @Max(32765)
    @JsonPropertyDescription(
        "Priority of the rule that looks the table up. Default: one of its own, see status.effective.rulePriority.")
    public @Nullable Integer rulePriority;
  }

  /** Prefixes that peers may route. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class PeerRoutes {
    @Size(max = 32)
    @JsonPropertyDescription(
        "Blocks inside which routes of Peers are accepted, for all namespaces; never over pods, Services, nodes, the API server, resolvers or address pools. Default: none.")
    @ValidationRule(
        value = ApiConventions.EACH + Blocks.BLOCK,
        message = "write a block without host bits, such as 192.168.0.0/16")
    public List<@Size(max = 43) String> allowed = new ArrayList<>();

    @Size(max = 32)
    @JsonPropertyDescription("More blocks for the Peers of some namespaces.")
    public List<RouteGrant> grants = new ArrayList<>();
  }

  /** Prefixes that the peers of some namespaces may route. */
  public static class RouteGrant {
    @Required
    @JsonPropertyDescription(
        "Labels of the namespaces; {} is all of them. The label kubernetes.io/metadata.name is a namespace's name.")
    public @Nullable LabelSelector namespaces;

    @Required
    @Size(min = 1, max = 32)
    @JsonPropertyDescription("Blocks inside which routes of these Peers are accepted.")
    @ValidationRule(
        value = ApiConventions.EACH + Blocks.BLOCK,
        message = "write a block without host bits, such as 192.168.0.0/16")
    public List<@Size(max = 43) String> allowed = new ArrayList<>();
  }

  /** Defaults of client configurations. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class ClientDefaults {
    @Size(max = 64)
    @JsonPropertyDescription(
        "Prefixes that clients route into the tunnel. Default: the address pools and every accepted route.")
    @ValidationRule(
        value = ApiConventions.EACH + Blocks.BLOCK,
        message = "write a block without host bits, such as 10.0.0.0/8")
    public List<@Size(max = 43) String> allowedIPs = new ArrayList<>();

    @Size(max = 4)
    @JsonPropertyDescription(
        "Name servers for clients. Default: none, since wg-quick fails on machines without resolvconf.")
    @ValidationRule(
        value = ApiConventions.EACH + "isIP(self)",
        message = "write the IP address of a name server, such as 10.70.0.1")
    public List<@Size(max = 39) String> dns = new ArrayList<>();

    @Default("1280")
    @Min(576)
    @Max(65535)
    @JsonPropertyDescription("MTU of the client's interface; 1280 passes everywhere.")
    public Integer mtu = 1280;

    @Size(max = 32)
    @ValidationRule(value = Durations.KEEPALIVE, message = Durations.KEEPALIVE_MESSAGE)
    @JsonPropertyDescription("Keepalive of clients. Default: the network's persistentKeepalive.")
    public @Nullable String persistentKeepalive;
  }
}
