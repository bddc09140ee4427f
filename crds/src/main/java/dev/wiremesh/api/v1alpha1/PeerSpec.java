package dev.wiremesh.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.wiremesh.api.ApiConventions;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a user asks for a peer. Never written by Wiremesh. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@SchemaCustomizer(value = ApiConventions.class, input = "routes=cidr")
@ValidationRule(
    value = "!(has(self.publicKey) && has(self.keySecretRef))",
    message =
        "write publicKey (the private key stays with its owner) or keySecretRef (a Secret holds the private key), not both; with neither a key is generated")
public class PeerSpec {
  @Required
  @ValidationRule(
      value = "self.name == oldSelf.name",
      message = "a peer cannot move to another network: delete it and create it there")
  @JsonPropertyDescription("The network that the peer joins. It cannot change later.")
  public NetworkReference networkRef = new NetworkReference();

  @Size(max = 44)
  @ValidationRule(
      value = "self.matches('^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$')",
      message =
          "write the 44 characters that 'wg pubkey' prints; a private key belongs into a Secret, see keySecretRef")
  @ValidationRule(
      value = "self != 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='",
      message = "this key is all zeros: write the 44 characters that 'wg pubkey' prints")
  @JsonPropertyDescription(
      "The peer's public key, where its private key shall never be in the cluster; the configuration in its Secret then has a line to fill in.")
  public @Nullable String publicKey;

  @JsonPropertyDescription("A Secret in the peer's namespace that holds its private key.")
  public @Nullable KeySecretReference keySecretRef;

  @Default("Network")
  @JsonPropertyDescription(
      "Network: a preshared key as the network says. None: none, for devices that cannot hold one.")
  public PresharedKey presharedKey = PresharedKey.NETWORK;

  @Size(max = 2)
  @ValidationRule(
      value =
          "!self.all(a, isIP(a)) || (self.filter(a, ip(a).family() == 4).size() <= 1 && self.filter(a, ip(a).family() == 6).size() <= 1)",
      message = "write at most one IPv4 and one IPv6 address")
  @JsonPropertyDescription(
      "Addresses that the peer asks for, inside the network's pools, at most one of each address family. Default: free ones are chosen.")
  @ValidationRule(
      value = "self.all(a, isIP(a))",
      message = "write an address without a prefix length, such as 10.70.0.7 or fd00:70::7",
      messageExpression =
          "'not ' + self.filter(a, !isIP(a))[0] + ': write an address without a prefix length, such as 10.70.0.7 or fd00:70::7'")
  public List<@Size(max = 39) String> addresses = new ArrayList<>();

  @JsonPropertyDescription("Where the peer can be dialled; only for peers that can be.")
  public @Nullable HostPort endpoint;

  @Size(max = 16)
  @Pattern("^([0-9]+(h|m|s))+$")
  @ValidationRule(
      value = "duration(self) <= duration('65535s')",
      message = "write a duration such as 25s, at most 65535s; 0s turns keepalives off")
  @JsonPropertyDescription("Keepalive of this peer, such as 25s; 0s none. Default: the network's.")
  public @Nullable String persistentKeepalive;

  @Size(max = 64)
  @JsonPropertyDescription(
      "Networks behind this peer that others reach through it. The network's peerRoutes.allowed says which may be brought.")
  public List<Route> routes = new ArrayList<>();

  @JsonPropertyDescription("What goes into the peer's wg-quick configuration.")
  public @Nullable Client client;

  @Default("false")
  @JsonPropertyDescription(
      "Cuts the peer off at once on every gateway; it keeps its address and its keys.")
  public boolean suspended;

  /** Where a private key is kept. */
  public static class KeySecretReference {
    @Required
    @Size(min = 1, max = 253)
    @JsonPropertyDescription("Name of the Secret.")
    public String name = "";

    @Default("privateKey")
    @Size(min = 1, max = 253)
    @Pattern("^[-._a-zA-Z0-9]+$")
    @JsonPropertyDescription("Entry of the Secret: 44 characters as 'wg genkey' prints them.")
    public String key = "privateKey";
  }

  /** Whether the peer has a preshared key. */
  public enum PresharedKey {
    @JsonProperty("Network")
    NETWORK,
    @JsonProperty("None")
    NONE
  }

  /** A network behind the peer. */
  public static class Route {
    @Required
    @Size(max = 43)
    @ValidationRule(
        value = "isCIDR(self) && cidr(self).masked() == cidr(self)",
        message = "write a block without host bits, such as 192.168.200.0/24")
    @JsonPropertyDescription("The block, such as 192.168.200.0/24.")
    public String cidr = "";

    @Default("false")
    @JsonPropertyDescription(
        "For networks whose router knows no way back: the peer answers for what comes through the tunnel (wg-quick on Linux, with nft).")
    public boolean masquerade;
  }

  /** What goes into the configuration. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class Client {
    @Size(max = 64)
    @JsonPropertyDescription(
        "What the client sends into the tunnel. Default: the network's clientDefaults.allowedIPs, else the address pools and every accepted route but its own.")
    @ValidationRule(
        value = "self.all(c, isCIDR(c) && cidr(c).masked() == cidr(c))",
        message = "write a block without host bits, such as 10.0.0.0/8",
        messageExpression =
            "self.join(', ') + ': write a block without host bits, such as 10.0.0.0/8'")
    public List<@Size(max = 43) String> allowedIPs = new ArrayList<>();

    @Size(max = 64)
    @JsonPropertyDescription("What is taken out of the above.")
    @ValidationRule(
        value = "self.all(c, isCIDR(c) && cidr(c).masked() == cidr(c))",
        message = "write a block without host bits, such as 192.168.2.0/24",
        messageExpression =
            "self.join(', ') + ': write a block without host bits, such as 192.168.2.0/24'")
    public List<@Size(max = 43) String> excludeIPs = new ArrayList<>();

    @Size(max = 4)
    @JsonPropertyDescription("Name servers. Default: the network's clientDefaults.dns.")
    @ValidationRule(
        value = "self.all(a, isIP(a))",
        message = "write the IP address of a name server, such as 10.70.0.1",
        messageExpression =
            "'not ' + self.filter(a, !isIP(a))[0] + ': write the IP address of a name server, such as 10.70.0.1'")
    public List<@Size(max = 39) String> dns = new ArrayList<>();

    @Size(max = 8)
    @JsonPropertyDescription("Search domains; they count only beside name servers.")
    public List<@Size(max = 253) @Pattern("^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$") String>
        searchDomains = new ArrayList<>();

    @Min(576)
    @Max(65535)
    @JsonPropertyDescription(
        "MTU of the interface. Default: the network's clientDefaults.mtu, 1280.")
    public @Nullable Integer mtu;

    @Size(max = 10)
    @ValidationRule(
        value = "self.matches('^(auto|off|[1-9][0-9]*)$')",
        message = "write auto, off, or the number of a routing table")
    @JsonPropertyDescription("wg-quick's Table: auto, off, or a number. Default: not said.")
    public @Nullable String table;
  }
}
