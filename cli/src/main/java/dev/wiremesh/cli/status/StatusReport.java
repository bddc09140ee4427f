package dev.wiremesh.cli.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of networks, nodes and peers as {@code status -o json} prints it. Field names are part
 * of the command's contract.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record StatusReport(List<NetworkEntry> networks, List<NodeEntry> nodes, List<PeerEntry> peers) {
  StatusReport {
    networks = List.copyOf(networks);
    nodes = List.copyOf(nodes);
    peers = List.copyOf(peers);
  }

  /**
   * Whether all objects are Ready. A peer that is not connected may be: a laptop is off at night.
   */
  boolean allReady() {
    return networks.stream().allMatch(it -> it.health().isReady())
        && nodes.stream().allMatch(it -> it.health().isReady())
        && peers.stream().allMatch(it -> it.health().isReady());
  }

  /** A network. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record NetworkEntry(
      String name,
      List<String> cidrs,
      @Nullable Integer listenPort,
      Counts nodes,
      Counts peers,
      List<PoolEntry> pools,
      Health health) {
    NetworkEntry {
      cidrs = List.copyOf(cidrs);
      pools = List.copyOf(pools);
    }
  }

  /** An address pool; counts are texts, since an IPv6 pool is larger than numbers are. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record PoolEntry(String name, @Nullable String capacity, @Nullable String free) {}

  /** A node of a network. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record NodeEntry(
      String network,
      String node,
      boolean gateway,
      Device device,
      Counts peers,
      List<ProblemEntry> problems,
      Health health) {
    NodeEntry {
      problems = List.copyOf(problems);
    }
  }

  /** The WireGuard interface of a node. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Device(
      List<String> addresses,
      List<String> endpoints,
      @Nullable String publicKey,
      @Nullable Integer mtu) {
    Device {
      addresses = List.copyOf(addresses);
      endpoints = List.copyOf(endpoints);
    }
  }

  /** A peer that a node has trouble with. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record ProblemEntry(String peer, @Nullable String reason, @Nullable String message) {}

  /** A Peer. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record PeerEntry(
      String namespace,
      String name,
      String network,
      Identity identity,
      Session session,
      List<RouteEntry> routes,
      Health health) {
    PeerEntry {
      routes = List.copyOf(routes);
    }
  }

  /** Addresses and key of a Peer. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Identity(List<String> addresses, @Nullable String publicKey) {
    Identity {
      addresses = List.copyOf(addresses);
    }
  }

  /**
   * A Peer's session as its gateway reported it last.
   *
   * @param state Connected, Stale, Never or Unknown
   * @param lastHandshakeTime RFC 3339; refreshed now and then, not with each handshake
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Session(
      String state,
      @Nullable String gateway,
      @Nullable String endpoint,
      @Nullable String since,
      @Nullable String lastHandshakeTime) {}

  /** A network behind a Peer. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record RouteEntry(String cidr, @Nullable String state, @Nullable String message) {}

  /** Objects with a property among all. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Counts(@Nullable Integer some, @Nullable Integer all) {

    /** {@code 2/3}. */
    String text() {
      return all == null && some == null ? "-" : number(some) + "/" + number(all);
    }

    private static String number(@Nullable Integer number) {
      return number == null ? "0" : number.toString();
    }
  }

  /**
   * The conditions of an object.
   *
   * @param ready True, False or Unknown
   * @param why the reason and message of the first thing that is not as it should be
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Health(String ready, @Nullable String why, List<ConditionEntry> conditions) {
    Health {
      conditions = List.copyOf(conditions);
    }

    boolean isReady() {
      return ready.equals("True");
    }
  }

  /** A condition. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record ConditionEntry(
      String type, String status, @Nullable String reason, @Nullable String message) {}
}
