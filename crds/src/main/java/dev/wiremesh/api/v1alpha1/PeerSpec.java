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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The wanted state of a peer. Never written by Wiremesh. */
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

  @Size(max = 64)
  @ValidationRule(
      value = "self.matches('^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$')",
      message =
          "write the 44 characters that 'wg pubkey' prints; a private key belongs into a Secret, see keySecretRef; no space and no end of line belongs to a key")
  @ValidationRule(value = PublicKeys.SOUND, message = PublicKeys.MESSAGE)
  @JsonPropertyDescription(
      "The peer's public key, if its private key must not be in the cluster; the configuration in its Secret then has a line to fill in.")
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
      value = ApiConventions.EACH + "isIP(self)",
      message = "write an address without a prefix length, such as 10.70.0.7 or fd00:70::7")
  public List<@Size(max = 39) String> addresses = new ArrayList<>();

  @JsonPropertyDescription("Address that gateways dial; only for peers that accept connections.")
  @ValidationRule(
      value = DialableHosts.DIALABLE,
      message = DialableHosts.DIALABLE_MESSAGE,
      fieldPath = ".host")
  public @Nullable HostPort endpoint;

  @Size(max = 32)
  @ValidationRule(value = Durations.KEEPALIVE, message = Durations.KEEPALIVE_MESSAGE)
  @JsonPropertyDescription("Keepalive of this peer, such as 25s; 0s none. Default: the network's.")
  public @Nullable String persistentKeepalive;

  @Size(max = 64)
  @ValidationRule(
      value =
          "self.all(r, !has(r.translateTo) || self.exists_one(q, (has(q.translateTo) ? q.translateTo : q.cidr) == r.translateTo))",
      message =
          "others would reach two of the routes under one block: write a translateTo that no other route of this peer has, as its translateTo or as its cidr")
  @JsonPropertyDescription(
      "Networks behind this peer that others reach through it. The network's spec.peerRoutes says which may be brought.")
  public List<Route> routes = new ArrayList<>();

  @JsonPropertyDescription("Content of the peer's wg-quick configuration.")
  public @Nullable Client client;

  @Default("false")
  @JsonPropertyDescription(
      "Cuts the peer off at once on every gateway; it keeps its address and its keys.")
  public boolean suspended;

  /** Where a private key is kept. */
  public static class KeySecretReference {
    @Required
    @Size(min = 1, max = 253)
    @ValidationRule(value = Names.SUBDOMAIN, message = Names.SECRET_MESSAGE)
    @JsonPropertyDescription("Name of the Secret.")
    public String name = "";

    @Default("privateKey")
    @Size(min = 1, max = 253)
    @ValidationRule(
        value = "self.matches('^[-._a-zA-Z0-9]+$') && self != '.' && self != '..'",
        message =
            "write the name of the Secret's entry, such as privateKey: letters, digits, '-', '_' and '.'")
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
  @ValidationRule(
      value =
          "!has(self.translateTo) || !isCIDR(self.translateTo) || !isCIDR(self.cidr) || (cidr(self.translateTo).prefixLength() == cidr(self.cidr).prefixLength() && cidr(self.translateTo).ip().family() == cidr(self.cidr).ip().family())",
      message =
          "each address is translated to one address: write a block of the same family and with the same prefix length as cidr, such as 10.201.0.0/24 for 192.168.200.0/24",
      fieldPath = ".translateTo")
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class Route {
    @Required
    @Size(max = 43)
    @ValidationRule(
        value = Blocks.BLOCK,
        message = "write a block without host bits, such as 192.168.200.0/24")
    @JsonPropertyDescription("The block, such as 192.168.200.0/24.")
    public String cidr = "";

    @Default("false")
    @JsonPropertyDescription(
        "Source NAT at the peer, for networks whose router has no route back (wg-quick on Linux, with nft or iptables).")
    public boolean masquerade;

    @Size(max = 43)
    @ValidationRule(
        value = Blocks.BLOCK,
        message = "write a block without host bits, such as 10.201.0.0/24")
    @JsonPropertyDescription(
        "The block under which others reach the network, for networks that have the same cidr as another one. The peer translates each address of it to the address of cidr with the same host part, and back. The network's spec.peerRoutes must allow this block instead of cidr.")
    public @Nullable String translateTo;

    @Size(max = 63)
    @ValidationRule(
        value = "self == '' || self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        message =
            "write a name of lower-case letters, digits and '-', such as office; the routes of the other gateways of this network need the same one")
    @JsonPropertyDescription(
        "Name of a set of routes to one network: the same cidr from several peers of this namespace with the same group. One of them carries the traffic, another one takes over within 5 s when it dies. Without it a cidr that an older peer brings is a conflict.")
    public @Nullable String group;
  }

  /** Contents of the client configuration. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public static class Client {
    @Size(max = 64)
    @JsonPropertyDescription(
        "Prefixes that the client routes into the tunnel. Default: the network's clientDefaults.allowedIPs, else the address pools and every accepted route but its own.")
    @ValidationRule(
        value = ApiConventions.EACH + Blocks.BLOCK,
        message = "write a block without host bits, such as 10.0.0.0/8")
    public List<@Size(max = 43) String> allowedIPs = new ArrayList<>();

    @Size(max = 64)
    @JsonPropertyDescription("Prefixes that are cut out of allowedIPs.")
    @ValidationRule(
        value = ApiConventions.EACH + Blocks.BLOCK,
        message = "write a block without host bits, such as 192.168.2.0/24")
    public List<@Size(max = 43) String> excludeIPs = new ArrayList<>();

    @Size(max = 4)
    @JsonPropertyDescription("Name servers. Default: the network's clientDefaults.dns.")
    @ValidationRule(
        value = ApiConventions.EACH + "isIP(self)",
        message = "write the IP address of a name server, such as 10.70.0.1")
    public List<@Size(max = 39) String> dns = new ArrayList<>();

    @Size(max = 8)
    @JsonPropertyDescription("Search domains; they count only beside name servers.")
    @ValidationRule(
        value = ApiConventions.EACH + "self.matches('^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$')",
        message = "write a domain, such as home.internal")
    public List<@Size(max = 253) String> searchDomains = new ArrayList<>();

    @Min(576)
    @Max(65535)
    @JsonPropertyDescription(
        "MTU of the interface. Default: the network's clientDefaults.mtu, 1280.")
    public @Nullable Integer mtu;

    @Size(max = 10)
    @ValidationRule(
        value =
            "self == 'auto' || self == 'off' || self.matches('^[1-9][0-9]{0,9}$') && int(self) <= 4294967295",
        message = "write auto, off, or the number of a routing table, 1 to 4294967295")
    @JsonPropertyDescription("wg-quick's Table: auto, off, or a number. Default: not said.")
    public @Nullable String table;

    @Default("true")
    @JsonPropertyDescription(
        "Whether the configuration has PostUp and PostDown commands. false: none, for apps that refuse them; the messages in status.routes then say what to set by hand.")
    public boolean commands = true;

    @Default("false")
    @JsonPropertyDescription(
        "Widens each accepted route of another peer in the client's AllowedIPs, so that a client inside that network uses its LAN directly. It works where the longest prefix wins, not on Windows.")
    public boolean preferLocal;
  }
}
