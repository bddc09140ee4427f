package dev.wiremesh.operator.peer;

import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.operator.ipam.OwnerAddresses;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of one reconciliation of a Peer: the input of {@link PeerConditions}.
 *
 * @param addresses its addresses, and why a family could not be served
 * @param key null if there is no network, and so no key was looked for
 */
record PeerObservation(
    Membership membership,
    OwnerAddresses addresses,
    @Nullable PeerKey key,
    ConfigurationState configuration,
    GatewayState gateway) {

  /** State of the network that a Peer names. */
  enum NetworkState {
    /** There is no such network. */
    ABSENT,
    /** Its device parameters are not allocated yet, so nodes cannot serve it. */
    NOT_IN_FORCE,
    IN_FORCE
  }

  /**
   * Whether the peer belongs to its network.
   *
   * @param quotaExceeded why the network has no place for it, a whole sentence; null if it has
   * @param duplicateKey the finding that an older Peer has the same public key; null if none has
   */
  record Membership(
      String network,
      NetworkState state,
      boolean suspended,
      @Nullable String quotaExceeded,
      @Nullable Finding duplicateKey) {}

  /** An observation of a peer whose network is in force, and of which nothing else is known. */
  static Builder in(String network) {
    return new Builder(network);
  }

  /** Collects the results of the steps. */
  static final class Builder {
    private final String network;
    private NetworkState state = NetworkState.IN_FORCE;
    private boolean suspended;
    private @Nullable String quotaExceeded;
    private @Nullable Finding duplicateKey;
    private OwnerAddresses addresses = new OwnerAddresses(List.of(), List.of());
    private @Nullable PeerKey key;
    private ConfigurationState configuration = new ConfigurationState.NotYet();
    private GatewayState gateway = new GatewayState.None();

    private Builder(String network) {
      this.network = network;
    }

    Builder state(NetworkState value) {
      state = value;
      return this;
    }

    Builder suspended(boolean value) {
      suspended = value;
      return this;
    }

    Builder quotaExceeded(String value) {
      quotaExceeded = value;
      return this;
    }

    Builder duplicateKey(@Nullable Finding value) {
      duplicateKey = value;
      return this;
    }

    Builder addresses(OwnerAddresses value) {
      addresses = value;
      return this;
    }

    Builder key(@Nullable PeerKey value) {
      key = value;
      return this;
    }

    Builder configuration(ConfigurationState value) {
      configuration = value;
      return this;
    }

    Builder gateway(GatewayState value) {
      gateway = value;
      return this;
    }

    PeerObservation build() {
      return new PeerObservation(
          new Membership(network, state, suspended, quotaExceeded, duplicateKey),
          addresses,
          key,
          configuration,
          gateway);
    }
  }
}
