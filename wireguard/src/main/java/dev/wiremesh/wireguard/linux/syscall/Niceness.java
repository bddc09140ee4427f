package dev.wiremesh.wireguard.linux.syscall;

/** The priorities of a device's threads. */
public final class Niceness {
  /** A third of the others' weight: what is left to handshakes answers a thousand a second. */
  private static final int LESS_URGENT = 5;

  private Niceness() {}

  /**
   * Makes the calling thread less urgent than those that it was made by, from now on: no privilege
   * is needed, and none would bring it back. It counts only where there is too little CPU.
   */
  public static void giveWay() {
    int _ =
        Libc.nice(LESS_URGENT); // the new niceness; a sandbox may forbid it, then nothing changes
  }
}
