package dev.wiremesh.api.contract;

import static dev.wiremesh.api.contract.ConditionStatus.FALSE;
import static dev.wiremesh.api.contract.ConditionStatus.TRUE;
import static dev.wiremesh.api.contract.ConditionStatus.UNKNOWN;
import static dev.wiremesh.api.contract.ConditionType.ACCEPTED;
import static dev.wiremesh.api.contract.ConditionType.ADDRESSES_AVAILABLE;
import static dev.wiremesh.api.contract.ConditionType.ADDRESS_ALLOCATED;
import static dev.wiremesh.api.contract.ConditionType.AGENTS_READY;
import static dev.wiremesh.api.contract.ConditionType.CONFIG_PUBLISHED;
import static dev.wiremesh.api.contract.ConditionType.CONNECTED;
import static dev.wiremesh.api.contract.ConditionType.DEVICE_READY;
import static dev.wiremesh.api.contract.ConditionType.GATEWAY_AVAILABLE;
import static dev.wiremesh.api.contract.ConditionType.KEY_READY;
import static dev.wiremesh.api.contract.ConditionType.NODES_REACHABLE;
import static dev.wiremesh.api.contract.ConditionType.PEERS_PROGRAMMED;
import static dev.wiremesh.api.contract.ConditionType.PROGRAMMED;
import static dev.wiremesh.api.contract.ConditionType.PROVISIONED;
import static dev.wiremesh.api.contract.ConditionType.READY;
import static dev.wiremesh.api.contract.ConditionType.ROUTES_PROGRAMMED;
import static dev.wiremesh.api.contract.Reason.Kind.IP_ALLOCATION;
import static dev.wiremesh.api.contract.Reason.Kind.MESH_NODE;
import static dev.wiremesh.api.contract.Reason.Kind.NETWORK;
import static dev.wiremesh.api.contract.Reason.Kind.PEER;

import org.jspecify.annotations.Nullable;

/**
 * Every reason that a condition can have, with the kind, the condition and the status that it
 * belongs to, its meaning and the remedy.
 *
 * <p>A condition is made from one of these constants, so there is no reason that is not listed. The
 * tables of {@code docs/troubleshooting.md} are generated from them, in this order, and a test in
 * {@code e2e} holds that the programs use each.
 *
 * <p>To add one: add the constant, use it where the condition is judged, and run {@code
 * ReasonsInDocsTest} with {@code -Dgolden.update}.
 */
public enum Reason {
  NETWORK_ACCEPTED(NETWORK, ACCEPTED, TRUE, "Accepted", "the network is in force", ""),
  NETWORK_PORT_CONFLICT(
      NETWORK,
      ACCEPTED,
      FALSE,
      "PortConflict",
      "another network has the port, the interface name, the routing table or the rule priority",
      "write another one, or leave it out: then Wiremesh chooses"),
  NETWORK_INVALID_SPEC(
      NETWORK,
      ACCEPTED,
      FALSE,
      "InvalidSpec",
      "a pool overlaps one of an older network, or a range of the cluster; or this version of"
          + " Wiremesh cannot read a value of the spec",
      "choose another block; change the value"),
  NETWORK_ADDRESSES_AVAILABLE(
      NETWORK, ADDRESSES_AVAILABLE, TRUE, "Available", "every family has free addresses", ""),
  NETWORK_POOL_EXHAUSTED(
      NETWORK,
      ADDRESSES_AVAILABLE,
      FALSE,
      "PoolExhausted",
      "a family has no free address",
      "add a pool; pools never change their range"),
  NETWORK_GATEWAY_AVAILABLE(
      NETWORK, GATEWAY_AVAILABLE, TRUE, "Available", "peers can enter through a gateway", ""),
  NETWORK_ENDPOINT_PRIVATE(
      NETWORK,
      GATEWAY_AVAILABLE,
      TRUE,
      "EndpointPrivate",
      "clients elsewhere cannot reach a private address",
      "set `spec.gateways.endpoint`; inside one LAN all is well"),
  NETWORK_NO_GATEWAY(
      NETWORK,
      GATEWAY_AVAILABLE,
      FALSE,
      "NoGateway",
      "no node of the network is a gateway",
      "label a node that `spec.gateways.selector` matches"),
  NETWORK_NO_ENDPOINT(
      NETWORK,
      GATEWAY_AVAILABLE,
      FALSE,
      "NoEndpoint",
      "no gateway has an address that clients could dial",
      "set `spec.gateways.endpoint`"),
  NETWORK_AGENTS_READY(
      NETWORK, AGENTS_READY, TRUE, "AllReady", "every node of the network is programmed", ""),
  NETWORK_WAITING(
      NETWORK,
      AGENTS_READY,
      FALSE,
      "Waiting",
      "\"n of m\" nodes are programmed, or no node has joined",
      "`kubectl get wgnode` shows which",
      "runbooks/WiremeshAgentDown.md"),
  NETWORK_AGENT_SILENT(
      NETWORK,
      AGENTS_READY,
      FALSE,
      "AgentSilent",
      "the agents that the message names do not renew their Leases; the data planes of their nodes"
          + " may well work",
      "`kubectl describe wgnode NETWORK.NODE` says since when, and where to look",
      "runbooks/WiremeshAgentSilent.md"),
  NETWORK_READY(NETWORK, READY, TRUE, "Ready", "all of the above are True", ""),
  NETWORK_REQUEST_REFUSED(
      NETWORK,
      READY,
      FALSE,
      "RequestRefused",
      Text.REFUSED_MEANING,
      Text.REFUSED_ADVICE,
      "runbooks/WiremeshReconcileErrors.md"),
  NETWORK_OPERATOR_ERROR(
      NETWORK,
      READY,
      FALSE,
      "OperatorError",
      Text.ERROR_MEANING,
      Text.ERROR_ADVICE,
      "runbooks/WiremeshReconcileErrors.md"),

  PEER_ACCEPTED(PEER, ACCEPTED, TRUE, "Accepted", "the peer belongs to its network", ""),
  PEER_NETWORK_NOT_FOUND(
      PEER,
      ACCEPTED,
      FALSE,
      "NetworkNotFound",
      "there is no network of that name",
      "correct `spec.networkRef.name` (immutable: create the Peer anew), or create the network"),
  PEER_INVALID_SPEC(
      PEER,
      ACCEPTED,
      FALSE,
      "InvalidSpec",
      "this version of Wiremesh cannot read a value of the spec; the peer is left out",
      "change the value, or install the version that knows it"),
  PEER_QUOTA_EXCEEDED(
      PEER,
      ACCEPTED,
      FALSE,
      "QuotaExceeded",
      "the network has no place for another Peer, or for another one of this namespace; the message"
          + " names the limit",
      "delete a Peer, or raise `spec.limits` of the network; Peers that have an address stay"),
  PEER_SUSPENDED(
      PEER,
      ACCEPTED,
      FALSE,
      "Suspended",
      "shut out on purpose; the address is kept",
      "`spec.suspended: false`"),
  PEER_DUPLICATE_PUBLIC_KEY(
      PEER,
      ACCEPTED,
      FALSE,
      "DuplicatePublicKey",
      "an older Peer has this public key; the message names it",
      "one key for each machine: generate another"),
  PEER_NETWORK_WAITING(
      PEER,
      ACCEPTED,
      UNKNOWN,
      "Waiting",
      "the network is not in force yet",
      "see the network's conditions, below"),
  PEER_ADDRESS_ALLOCATED(
      PEER, ADDRESS_ALLOCATED, TRUE, "Allocated", "the peer has its addresses", ""),
  PEER_ADDRESS_IN_USE(
      PEER,
      ADDRESS_ALLOCATED,
      FALSE,
      "AddressInUse",
      "a static address belongs to another object, which is named",
      "choose another"),
  PEER_ADDRESS_OUT_OF_RANGE(
      PEER,
      ADDRESS_ALLOCATED,
      FALSE,
      "AddressOutOfRange",
      "a static address is in no pool, or reserved without a grant for the namespace",
      "choose one inside; for a reserved one the message says what to add to `spec.reservedGrants`"
          + " of the network"),
  PEER_POOL_EXHAUSTED(
      PEER,
      ADDRESS_ALLOCATED,
      FALSE,
      "PoolExhausted",
      "no free address",
      "add a pool to the network"),
  PEER_KEY_GENERATED(
      PEER, KEY_READY, TRUE, "Generated", "the operator made the key; it is in the Secret", ""),
  PEER_KEY_PROVIDED(
      PEER,
      KEY_READY,
      TRUE,
      "Provided",
      "the key comes from `spec.keySecretRef` or `spec.publicKey`",
      ""),
  PEER_KEY_SECRET_NOT_FOUND(
      PEER,
      KEY_READY,
      FALSE,
      "SecretNotFound",
      "the Secret of `spec.keySecretRef` is missing",
      "create it: base64 of 32 bytes, as `wg genkey` prints"),
  PEER_KEY_INVALID(
      PEER,
      KEY_READY,
      FALSE,
      "SecretInvalid",
      "a Secret, or `spec.publicKey`, holds no key",
      "the message says which: base64 of 32 bytes, as `wg genkey` prints"),
  PEER_KEY_SECRET_CONFLICT(
      PEER,
      KEY_READY,
      FALSE,
      "SecretConflict",
      "a Secret `<peer>-wiremesh` exists and is not ours, or its key does not fit, so a key has no"
          + " place",
      "the message says which; a Secret of type `wiremesh.dev/peer` may hold the only copy of a"
          + " key: save it before you delete it"),
  PEER_CONFIG_PUBLISHED(
      PEER, CONFIG_PUBLISHED, TRUE, "Published", "the configuration is in the Secret", ""),
  PEER_NO_GATEWAY(
      PEER,
      CONFIG_PUBLISHED,
      FALSE,
      "NoGateway",
      "the network has no gateway",
      "see the network, below"),
  PEER_ENDPOINT_UNKNOWN(
      PEER,
      CONFIG_PUBLISHED,
      FALSE,
      "EndpointUnknown",
      "there is a gateway, but no address that clients could dial",
      "set `spec.gateways.endpoint` in the network"),
  PEER_MTU_TOO_SMALL(
      PEER,
      CONFIG_PUBLISHED,
      FALSE,
      "MtuTooSmall",
      "the client's MTU is below 1280, and the peer has an IPv6 address; an earlier configuration"
          + " stays in the Secret",
      "write at least 1280 in the field that the message names, or leave it out"),
  PEER_NOTHING_ALLOWED(
      PEER,
      CONFIG_PUBLISHED,
      FALSE,
      "NothingAllowed",
      "the client's `AllowedIPs` would be empty: all of it is excluded, or of an address family"
          + " that the peer has no address of",
      "`spec.client.allowedIPs` and `spec.client.excludeIPs`"),
  PEER_CONFIG_SECRET_CONFLICT(
      PEER,
      CONFIG_PUBLISHED,
      FALSE,
      "SecretConflict",
      "a Secret `<peer>-wiremesh` exists and is not ours, or its key does not fit",
      "the message says which; a Secret of type `wiremesh.dev/peer` may hold the only copy of a"
          + " key: save it before you delete it"),
  PEER_PROGRAMMED(PEER, PROGRAMMED, TRUE, "Programmed", "the home gateway lets the peer in", ""),
  PEER_PROGRAMMED_WAITING(
      PEER,
      PROGRAMMED,
      FALSE,
      "Waiting",
      "the home gateway, which the message names, has not reported that it is programmed",
      "a few seconds; then its agent",
      "runbooks/WiremeshAgentDown.md"),
  PEER_AGENT_SILENT(
      PEER,
      PROGRAMMED,
      UNKNOWN,
      "AgentSilent",
      "the agent of the home gateway does not renew its Lease, so it is not known whether the"
          + " gateway lets the peer in",
      "see the MeshNode, below; the peer itself may well be connected",
      "runbooks/WiremeshAgentSilent.md"),
  PEER_AGENT_ERROR(
      PEER,
      PROGRAMMED,
      FALSE,
      "AgentError",
      "the home gateway could not",
      "the message, and that agent's log"),
  PEER_HANDSHAKE_FRESH(
      PEER, CONNECTED, TRUE, "HandshakeFresh", "the home gateway has a fresh session", ""),
  PEER_NEVER_CONNECTED(
      PEER,
      CONNECTED,
      FALSE,
      "NeverConnected",
      "no handshake since the Peer exists",
      "does the client use the configuration of *this* Secret? does UDP reach the gateway?"),
  PEER_HANDSHAKE_STALE(
      PEER,
      CONNECTED,
      FALSE,
      "HandshakeStale",
      "it was there and is gone",
      "is it on? does UDP still pass?",
      "runbooks/WiremeshPeerDisconnected.md"),
  PEER_GATEWAY_LOST(
      PEER,
      CONNECTED,
      UNKNOWN,
      "GatewayLost",
      "the home gateway does not renew its Lease: node or agent is down, or it cannot reach the API"
          + " server",
      "`kubectl -n wiremesh-system get leases,pods -o wide`; the peer itself may well be"
          + " connected"),
  PEER_IDLE(
      PEER,
      CONNECTED,
      UNKNOWN,
      "Idle",
      "it sends no keepalive and is silent",
      "nothing; `spec.persistentKeepalive` if you want to know"),
  PEER_READY(PEER, READY, TRUE, "Ready", "all of the above but Connected are True", ""),
  PEER_REQUEST_REFUSED(
      PEER,
      READY,
      FALSE,
      "RequestRefused",
      Text.REFUSED_MEANING,
      Text.REFUSED_ADVICE,
      "runbooks/WiremeshReconcileErrors.md"),
  PEER_OPERATOR_ERROR(
      PEER,
      READY,
      FALSE,
      "OperatorError",
      Text.ERROR_MEANING,
      Text.ERROR_ADVICE,
      "runbooks/WiremeshReconcileErrors.md"),

  NODE_PROVISIONED(
      MESH_NODE,
      PROVISIONED,
      TRUE,
      "Provisioned",
      "the operator gave the node its key and its addresses",
      ""),
  NODE_POOL_EXHAUSTED(
      MESH_NODE,
      PROVISIONED,
      FALSE,
      "PoolExhausted",
      "no free address for the node",
      "add a pool to the network"),
  NODE_ADDRESS_IN_USE(
      MESH_NODE,
      PROVISIONED,
      FALSE,
      "AddressInUse",
      "another node or Peer has the address that `spec.nodes.overrides` of the network gives to the"
          + " node; both keep what they have, and a node without one gets a free one",
      "write another address, or delete the holder that the message names and wait until the address"
          + " has rested"),
  NODE_ADDRESS_OUT_OF_RANGE(
      MESH_NODE,
      PROVISIONED,
      FALSE,
      "AddressOutOfRange",
      "the address that `spec.nodes.overrides` of the network gives to the node is in no pool; the"
          + " node keeps the address that it has, or gets a free one",
      "write an address of a pool"),
  NODE_REQUEST_REFUSED(
      MESH_NODE,
      PROVISIONED,
      FALSE,
      "RequestRefused",
      Text.REFUSED_MEANING,
      Text.REFUSED_ADVICE,
      "runbooks/WiremeshReconcileErrors.md"),
  NODE_OPERATOR_ERROR(
      MESH_NODE,
      PROVISIONED,
      FALSE,
      "OperatorError",
      Text.ERROR_MEANING,
      Text.ERROR_ADVICE,
      "runbooks/WiremeshReconcileErrors.md"),
  NODE_PATHS_DIRECT(
      MESH_NODE,
      NODES_REACHABLE,
      TRUE,
      "Direct",
      "the node has a session of its own with every other node",
      ""),
  NODE_PATHS_RELAYED(
      MESH_NODE,
      NODES_REACHABLE,
      TRUE,
      "Relayed",
      "gateways relay to some or all other nodes: the topology is HubAndSpoke, or neither end can dial"
          + " the other, because of their sites or their address families",
      "nothing, if that is intended; otherwise give one of the nodes that the message names an"
          + " ExternalIP, or an endpoint in `spec.nodes.overrides` of the network"),
  NODE_PATHS_NONE(
      MESH_NODE,
      NODES_REACHABLE,
      FALSE,
      "NoPath",
      "neither end can dial the other, or the topology is HubAndSpoke, and no gateway has sessions"
          + " with both; Ready does not depend on it",
      "select a gateway that both reach, or give one of the nodes an ExternalIP or an endpoint in"
          + " `spec.nodes.overrides` of the network"),
  NODE_DEVICE_READY(MESH_NODE, DEVICE_READY, TRUE, "Ready", "interface and UDP port are open", ""),
  NODE_DEVICE_WAITING(
      MESH_NODE,
      DEVICE_READY,
      FALSE,
      "Waiting",
      "the node has no plan, or not all of its keys yet",
      "the message; then the operator's log"),
  NODE_NOT_PREPARED(
      MESH_NODE,
      DEVICE_READY,
      FALSE,
      "NotPrepared",
      "the agent cannot write down what it is about to make in `/var/lib/wiremesh`, cannot remove"
          + " what it made before, or an interface of that name is not ours",
      "the message: a read-only or full file system, or choose another `spec.interfaceName`"),
  NODE_INTERFACE_FAILED(
      MESH_NODE,
      DEVICE_READY,
      FALSE,
      "InterfaceFailed",
      "the TUN interface cannot be opened",
      "the message: `/dev/net/tun` and the component that denies access",
      "install.md"),
  NODE_PORT_IN_USE(
      MESH_NODE,
      DEVICE_READY,
      FALSE,
      "PortInUse",
      "another program has the UDP port",
      "end it, or set `spec.listenPort` of the network"),
  NODE_DEVICE_FAILED(
      MESH_NODE,
      DEVICE_READY,
      FALSE,
      "DeviceFailed",
      "the device refuses its configuration",
      "the message, and the agent's log"),
  NODE_PEERS_PROGRAMMED(
      MESH_NODE,
      PEERS_PROGRAMMED,
      TRUE,
      "Programmed",
      "all peers of the plan may have sessions",
      ""),
  NODE_PEERS_WAITING(
      MESH_NODE, PEERS_PROGRAMMED, FALSE, "Waiting", "as DeviceReady", "see DeviceReady"),
  NODE_PEERS_DEVICE_NOT_READY(
      MESH_NODE,
      PEERS_PROGRAMMED,
      FALSE,
      "DeviceNotReady",
      "follows from DeviceReady=False",
      "see DeviceReady"),
  NODE_ROUTES_PROGRAMMED(
      MESH_NODE, ROUTES_PROGRAMMED, TRUE, "Programmed", "routes, rules and addresses are set", ""),
  NODE_ROUTES_WAITING(
      MESH_NODE, ROUTES_PROGRAMMED, FALSE, "Waiting", "as DeviceReady", "see DeviceReady"),
  NODE_ROUTES_DEVICE_NOT_READY(
      MESH_NODE,
      ROUTES_PROGRAMMED,
      FALSE,
      "DeviceNotReady",
      "follows from DeviceReady=False",
      "see DeviceReady"),
  NODE_HOST_FAILED(
      MESH_NODE,
      ROUTES_PROGRAMMED,
      FALSE,
      "HostFailed",
      "the kernel refuses a route, a rule or an address",
      "the message; `ip rule`, `ip route show table TABLE` (`status.effective.routingTable` of the"
          + " network)"),
  NODE_HOST_RESTRICTED(
      MESH_NODE,
      ROUTES_PROGRAMMED,
      FALSE,
      "HostRestricted",
      "the agent may not do something that the node needs",
      "the message names the sysctl; for IPv6 gateways `agent.ipv6Forwarding.enabled`; for"
          + " `nodes.advertise` a gateway needs nftables in its kernel",
      "install.md#when-peers-use-ipv6"),
  NODE_ROUTE_WITHDRAWN(
      MESH_NODE,
      ROUTES_PROGRAMMED,
      FALSE,
      "RouteWithdrawn",
      "with a route of a Peer the node could not reach the API server, so it left the route out; the"
          + " message names both",
      "remove the route from `spec.routes` of the Peer, or make it narrower; the node tries it again"
          + " when the Peer's routes change, and after half an hour, then less often",
      "concepts.md#addresses-beside-the-mesh"),
  NODE_POOL_OVERLAP(
      MESH_NODE,
      ROUTES_PROGRAMMED,
      FALSE,
      "PoolOverlap",
      "the node uses addresses of a pool on its own networks, so that part of the mesh cannot be"
          + " reached from it; the message names prefix and interface",
      "pools never change their range: create the network with a pool that the nodes' networks do not"
          + " use",
      "concepts.md#addresses-beside-the-mesh"),
  NODE_READY(
      MESH_NODE,
      READY,
      TRUE,
      "Ready",
      "device, peers and routes are as planned; a Peer's route that the node withdrew"
          + " (RoutesProgrammed=False) is that Peer's loss and does not count",
      ""),
  NODE_AGENT_SILENT(
      MESH_NODE,
      READY,
      UNKNOWN,
      "AgentSilent",
      "the node's agent has not renewed its Lease for 45 s, or never reported: the agent or the"
          + " node is down, or it cannot reach the API server; the other conditions are its last"
          + " report",
      "the agent's pod on that node: `kubectl -n wiremesh-system get pods -o wide`",
      "runbooks/WiremeshAgentSilent.md"),

  ALLOCATION_REQUEST_REFUSED(
      IP_ALLOCATION,
      READY,
      FALSE,
      "RequestRefused",
      "the API server refuses the release or the deletion of the address, which stays taken",
      Text.REFUSED_ADVICE,
      "runbooks/WiremeshReconcileErrors.md"),
  ALLOCATION_OPERATOR_ERROR(
      IP_ALLOCATION,
      READY,
      FALSE,
      "OperatorError",
      Text.ERROR_MEANING,
      Text.ERROR_ADVICE,
      "runbooks/WiremeshReconcileErrors.md");

  /** Sentences that several kinds have. */
  private static final class Text {
    static final String REFUSED_MEANING =
        "the API server refuses a request that the object needs: a quota, an admission policy or"
            + " webhook, an immutable Secret, a missing right. The condition that depends on it has this"
            + " reason too; earlier results stay in force";
    static final String REFUSED_ADVICE =
        "the message is the API server's own sentence; the operator tries again by itself, at least"
            + " once a minute";
    static final String ERROR_MEANING =
        "the reconciliation fails in the operator. The condition that depends on the failed step has"
            + " this reason too; earlier results stay in force";
    static final String ERROR_ADVICE =
        "the message, and the operator's log; the operator tries again by itself, at least once a"
            + " minute";

    private Text() {}
  }

  /** The kinds that have conditions, in the order of their tables. */
  public enum Kind {
    PEER("Peer"),
    NETWORK("WireGuardNetwork"),
    MESH_NODE("MeshNode"),
    IP_ALLOCATION("IPAllocation");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** The kind as the API has it. */
    public String text() {
      return text;
    }
  }

  private final Kind kind;
  private final ConditionType type;
  private final ConditionStatus status;
  private final String text;
  private final String meaning;
  private final String advice;
  private final @Nullable String page;

  Reason(
      Kind kind,
      ConditionType type,
      ConditionStatus status,
      String text,
      String meaning,
      String advice) {
    this(kind, type, status, text, meaning, advice, null);
  }

  Reason(
      Kind kind,
      ConditionType type,
      ConditionStatus status,
      String text,
      String meaning,
      String advice,
      @Nullable String page) {
    this.kind = kind;
    this.type = type;
    this.status = status;
    this.text = text;
    this.meaning = meaning;
    this.advice = advice;
    this.page = page;
  }

  /** The kind whose condition has this reason. */
  public Kind kind() {
    return kind;
  }

  /** The condition that has this reason of its own; Ready and Programmed repeat others' reasons. */
  public ConditionType type() {
    return type;
  }

  public ConditionStatus status() {
    return status;
  }

  /** The reason as the API has it. */
  public String text() {
    return text;
  }

  /** The meaning; Markdown, no full stop. */
  public String meaning() {
    return meaning;
  }

  /** The remedy; Markdown, no full stop; empty if there is nothing to do. */
  public String advice() {
    return advice;
  }

  /** The page that says more, relative to docs/; null if there is none. */
  public @Nullable String page() {
    return page;
  }
}
