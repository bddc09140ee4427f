package dev.wiremesh.agent.host.route;

/** Numbers that identify what Wiremesh made on the host, and its own UDP packets. */
public final class OwnershipMarks {
  /**
   * Mark of the UDP sockets. All networks share it, so that no tunnel's packets enter another
   * tunnel.
   */
  public static final int MARK = 0x57;

  /**
   * The bits of a packet's mark that are compared. Other programs use the bits beside them:
   * kube-proxy 0x4000 and 0x8000, Cilium 0x0f00, AWS 0x80, Tailscale and Calico higher ones.
   */
  static final int MARK_MASK = 0x7f;

  /** {@code rt_protocol} of routes and rules; only those that carry it are ever deleted. */
  public static final int PROTOCOL = 87;

  private OwnershipMarks() {}
}
