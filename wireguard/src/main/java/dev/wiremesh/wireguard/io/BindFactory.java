package dev.wiremesh.wireguard.io;

import java.io.IOException;

/** Opens the binds of one device. */
@FunctionalInterface
public interface BindFactory {
  /**
   * Opens a bind for IPv4 and IPv6 (IPv4 alone where the system has no IPv6).
   *
   * @param port 0 lets the system choose
   * @param mark firewall mark of its datagrams; 0 is none
   * @throws java.net.BindException if the port is taken
   */
  Bind open(int port, int mark) throws IOException;
}
