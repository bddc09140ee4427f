package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.session.Session;

/**
 * Index of the sessions that incoming packets may belong to. {@link Keypairs} keeps it up to date:
 * a session is registered as long as it is one of its peer's keypairs. Called under the control
 * lock.
 */
public interface SessionRegistry {
  /** Makes a session reachable by its local index. */
  void register(Session<Peer> session);

  /** Ends that; the session's keys are wiped when no packet thread can hold it any more. */
  void unregister(Session<Peer> session);
}
