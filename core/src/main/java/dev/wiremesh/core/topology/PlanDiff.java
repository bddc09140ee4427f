package dev.wiremesh.core.topology;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The difference between the plan that was applied last and the wanted one. Equal plans have an
 * empty difference.
 *
 * @param device interface name, port or identities are new: the device must be made (anew)
 */
public record PlanDiff(
    boolean device,
    boolean mtu,
    Change<IpAddress> addresses,
    Change<PeerPlan> peers,
    List<PeerChange> changedPeers,
    RoutingChange routing) {
  public PlanDiff {
    changedPeers = List.copyOf(changedPeers);
  }

  /** Elements that are new, and elements that are gone. */
  public record Change<T>(List<T> added, List<T> removed) {
    public Change {
      added = List.copyOf(added);
      removed = List.copyOf(removed);
    }

    static <T> Change<T> between(Collection<T> before, Collection<T> after) {
      return new Change<>(without(after, before), without(before, after));
    }

    public boolean isEmpty() {
      return added.isEmpty() && removed.isEmpty();
    }

    private static <T> List<T> without(Collection<T> some, Collection<T> others) {
      var known = new HashSet<>(others);
      return some.stream().filter(one -> !known.contains(one)).toList();
    }
  }

  /**
   * The difference of the routing.
   *
   * @param forwarding forwarding or masquerading is new
   * @param tables with their routes; a table with other routes comes and goes
   */
  public record RoutingChange(
      boolean forwarding, Change<RouteTablePlan> tables, Change<RulePlan> rules) {
    static RoutingChange between(RoutingPlan before, RoutingPlan after) {
      return new RoutingChange(
          before.forwarding() != after.forwarding()
              || !Objects.equals(before.masquerade(), after.masquerade()),
          Change.between(before.tables(), after.tables()),
          Change.between(before.rules(), after.rules()));
    }

    public boolean isEmpty() {
      return !forwarding && tables.isEmpty() && rules.isEmpty();
    }
  }

  /** A peer that stays under its public key, with other settings. */
  public record PeerChange(PeerPlan before, PeerPlan after) {
    public Change<IpPrefix> allowedIps() {
      return Change.between(before.allowedIps(), after.allowedIps());
    }

    public boolean endpoint() {
      return !Objects.equals(before.transport().endpoint(), after.transport().endpoint());
    }

    public boolean persistentKeepalive() {
      return !before
          .transport()
          .persistentKeepalive()
          .equals(after.transport().persistentKeepalive());
    }

    /** Whether its handshakes change: another preshared key, or another of our identities. */
    public boolean handshake() {
      return !before.handshake().equals(after.handshake());
    }
  }

  /** The difference to a node without any plan. */
  public static PlanDiff fromNothing(NodePlan wanted) {
    return new PlanDiff(
        true,
        true,
        new Change<>(wanted.device().addresses(), List.of()),
        new Change<>(wanted.device().peers(), List.of()),
        List.of(),
        new RoutingChange(
            true,
            new Change<>(wanted.routing().tables(), List.of()),
            new Change<>(wanted.routing().rules(), List.of())));
  }

  public static PlanDiff between(@Nullable NodePlan applied, NodePlan wanted) {
    if (applied == null) {
      return fromNothing(wanted);
    }
    var was = applied.device();
    var is = wanted.device();
    return new PlanDiff(
        !was.interfaceName().equals(is.interfaceName())
            || was.listenPort() != is.listenPort()
            || !was.identities().equals(is.identities()),
        !was.mtu().equals(is.mtu()),
        Change.between(was.addresses(), is.addresses()),
        peers(was.peers(), is.peers()),
        changedPeers(was.peers(), is.peers()),
        RoutingChange.between(applied.routing(), wanted.routing()));
  }

  public boolean isEmpty() {
    return !device
        && !mtu
        && addresses.isEmpty()
        && peers.isEmpty()
        && changedPeers.isEmpty()
        && routing.isEmpty();
  }

  private static Change<PeerPlan> peers(List<PeerPlan> before, List<PeerPlan> after) {
    var was = byKey(before);
    var is = byKey(after);
    return new Change<>(
        after.stream().filter(peer -> !was.containsKey(peer.publicKey())).toList(),
        before.stream().filter(peer -> !is.containsKey(peer.publicKey())).toList());
  }

  private static List<PeerChange> changedPeers(List<PeerPlan> before, List<PeerPlan> after) {
    var was = byKey(before);
    var changes = new ArrayList<PeerChange>();
    for (var peer : after) {
      var old = was.get(peer.publicKey());
      if (old != null && !old.equals(peer)) {
        changes.add(new PeerChange(old, peer));
      }
    }
    return changes;
  }

  private static Map<PublicKey, PeerPlan> byKey(List<PeerPlan> peers) {
    return peers.stream().collect(toMap(PeerPlan::publicKey, identity()));
  }
}
