package dev.wiremesh.wireguard.linux.syscall;

/** CPU priorities of a device's threads. */
public final class Niceness {
  /**
   * Niceness that gives a third of the packet threads' weight: enough to answer a thousand
   * handshakes a second.
   */
  private static final int INCREMENT = 5;

  private Niceness() {}

  /**
   * Lowers the priority of the calling thread for the rest of its life: that needs no privilege,
   * raising it again would. It takes effect only when CPU is scarce.
   */
  public static void lower() {
    int _ = Libc.nice(INCREMENT); // the new niceness; a sandbox may forbid it, then nothing changes
  }
}
