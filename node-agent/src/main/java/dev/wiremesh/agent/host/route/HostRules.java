package dev.wiremesh.agent.host.route;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.topology.RulePlan;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.netlink.Rule;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * The policy routing rules of networks on the host: those of {@link OwnershipMarks#PROTOCOL}. Each
 * looks up a network's table for packets without {@link OwnershipMarks#MARK}. Owned by the control
 * thread.
 */
public final class HostRules {
  private final Rtnetlink netlink;

  public HostRules(Rtnetlink netlink) {
    this.netlink = netlink;
  }

  /**
   * Makes a network's rules be as planned.
   *
   * @param changes gets a line for each change
   */
  public void apply(Collection<RulePlan> plans, Collection<Family> families, List<String> changes)
      throws IOException {
    var wanted = new LinkedHashSet<Rule>();
    var present = new LinkedHashSet<Rule>();
    var ours = netlink.rules().ofProtocol(OwnershipMarks.PROTOCOL);
    for (var plan : plans) {
      families.forEach(family -> wanted.add(rule(plan, family)));
      for (var rule : ours) {
        if (rule.table() == plan.table() || rule.priority() == plan.priority()) {
          present.add(rule);
        }
      }
    }
    for (var rule : wanted) {
      if (!present.contains(rule)) {
        netlink.rules().add(rule);
        changes.add("add rule " + rule.priority() + " " + rule.family());
      }
    }
    for (var rule : present) {
      if (!wanted.contains(rule)) {
        netlink.rules().delete(rule);
        changes.add("delete rule " + rule.priority() + " " + rule.family());
      }
    }
  }

  /** Deletes a rule of ours, if it is there. */
  public void remove(RulePlan plan) throws IOException {
    for (var rule : netlink.rules().ofProtocol(OwnershipMarks.PROTOCOL)) {
      if (rule.table() == plan.table() && rule.priority() == plan.priority()) {
        netlink.rules().delete(rule);
      }
    }
  }

  private static Rule rule(RulePlan plan, Family family) {
    return new Rule(
        family,
        plan.priority(),
        plan.table(),
        OwnershipMarks.MARK,
        OwnershipMarks.MARK_MASK,
        true,
        OwnershipMarks.PROTOCOL);
  }
}
