package dev.wiremesh.agent.host;

/** The numbers by which we find what is ours, and by which our traffic is known. */
public final class OwnershipMarks {
  /**
   * Mark of our UDP sockets, and the bits of a mark that we look at: others (kube-proxy 0x4000 and
   * 0x8000, Cilium 0x0f00, AWS 0x80, Tailscale and Calico above) keep theirs beside it. One for all
   * networks, so that no tunnel rides in another either.
   */
  public static final int MARK = 0x57;

  static final int MARK_MASK = 0x7f;

  /** {@code rt_protocol} of our routes and rules; only what carries it is ever deleted. */
  static final int PROTOCOL = 87;

  /** Metric of routes into the device. */
  static final int ROUTE_METRIC = 512;

  /** Metric of throw routes: what is directly connected wins. */
  static final int THROW_METRIC = 256;

  private OwnershipMarks() {}
}
