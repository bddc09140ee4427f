package dev.wiremesh.agent.host.nft;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The packet filters of networks on the host. A node without nftables works, except that it cannot
 * masquerade. Owned by the control thread.
 */
public final class HostFilter {
  private final NftCommand nft;

  /** Networks that are known to have no table, since each look is a process. */
  private final Set<String> withoutTable = new HashSet<>();

  public HostFilter() {
    this(new NftCommand());
  }

  public HostFilter(NftCommand nft) {
    this.nft = nft;
  }

  /**
   * Makes the network's table be as planned.
   *
   * @param forwarding whether packets pass through this node; otherwise there is no table
   * @param changes gets a line for each change
   * @return a warning if the node cannot masquerade and must
   */
  public Optional<String> apply(NetworkFilter filter, boolean forwarding, List<String> changes) {
    var obstacle = "there is no nft on this node";
    try {
      if (nft.isThere()) {
        if (forwarding) {
          set(filter, changes);
        } else {
          removeOnce(filter.network(), changes);
        }
        return Optional.empty();
      }
    } catch (IOException e) {
      obstacle = String.valueOf(e.getMessage());
    }
    return filter.masquerade() == null
        ? Optional.empty()
        : Optional.of(
            "Peers cannot reach all that the network advertises, because this gateway cannot"
                + " masquerade for them: "
                + obstacle
                + ".");
  }

  private void set(NetworkFilter filter, List<String> changes) throws IOException {
    var table = filter.table();
    if (!nft.text(table.fullName()).contains(table.digest())) {
      nft.apply(table.script());
      withoutTable.remove(filter.network());
      changes.add("set nft table " + table.name());
    }
  }

  /** Removes the table of an earlier agent, or of an earlier plan. */
  private void removeOnce(String network, List<String> changes) throws IOException {
    if (!withoutTable.contains(network)) {
      var table = new NftTable(NetworkFilter.tableName(network), List.of(), List.of());
      if (nft.tables().contains(table.fullName())) {
        nft.delete(table.fullName());
        changes.add("delete nft table " + table.name());
      }
      withoutTable.add(network);
    }
  }

  /** Deletes the network's table, if there is one. */
  public void remove(String network) throws IOException {
    var table = new NftTable(NetworkFilter.tableName(network), List.of(), List.of());
    if (nft.isThere() && !nft.text(table.fullName()).isEmpty()) {
      nft.delete(table.fullName());
    }
  }
}
