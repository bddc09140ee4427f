package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.CommandResult;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** One end of a tunnel: a host, its interface, its key; configured by {@code wg} alone. */
final class WgEnd {
  static final String INTERFACE = "wg0";

  final Host host;
  final String v4;
  final String v6;
  final int port;
  private final int number;
  private PrivateKey key;

  /** Makes the interface, without a peer, and sets it up. */
  WgEnd(Host host, Maker maker, int number) {
    this(host, maker, number, PrivateKey.generate(new SecureRandom()));
  }

  private WgEnd(Host host, Maker maker, int number, PrivateKey key) {
    this.host = host;
    this.number = number;
    this.key = key;
    v4 = "10.70.0." + number;
    v6 = "fd70::" + number;
    port = 50_000 + number;
    maker.make(host, INTERFACE);
    wgWithKey(key.toBase64(), "listen-port", Integer.toString(port), "private-key", "/dev/stdin");
    host.address(INTERFACE, v4 + "/24");
    host.address(INTERFACE, v6 + "/64");
    host.ip("link", "set", INTERFACE, "up");
  }

  /** The same interface once more, after it {@link #isGone}: no peer, no memory. */
  WgEnd again(Maker maker) {
    return new WgEnd(host, maker, number, key);
  }

  /** Whether nothing is left of an interface that was deleted. */
  boolean isGone() {
    return host.command(
            "sh",
            "-c",
            "! ip link show %1$s && ! test -S /var/run/wireguard/%1$s.sock".formatted(INTERFACE))
        .run()
        .succeeded();
  }

  static String newPresharedKey() {
    var bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  String publicKey() {
    return key.publicKey().toString();
  }

  /** Replaces the private key; the other end's configuration is unchanged. */
  void changeKey() {
    key = PrivateKey.generate(new SecureRandom());
    wgWithKey(key.toBase64(), "private-key", "/dev/stdin");
  }

  /** Ends all sessions: a new handshake as soon as there is something to say. */
  void downAndUp() {
    host.ip("link", "set", INTERFACE, "down");
    host.ip("link", "set", INTERFACE, "up");
  }

  /** {@code wg set wg0 …}, with something secret on its standard input. */
  void wgWithKey(String secret, String... arguments) {
    var all = new ArrayList<>(List.of("wg", "set", INTERFACE));
    all.addAll(List.of(arguments));
    host.command(all.toArray(String[]::new)).withInput(secret + "\n").check();
  }

  /** Makes the other end a peer with all its addresses allowed. */
  void peer(WgEnd other, String... more) {
    var all =
        new ArrayList<>(
            List.of(
                "peer", other.publicKey(), "allowed-ips", other.v4 + "/32," + other.v6 + "/128"));
    all.addAll(List.of(more));
    wgWithKey("", all.toArray(String[]::new));
  }

  /**
   * Makes each the other's peer: this one knows at which address the other is, the other learns.
   */
  void join(WgEnd other, String address) {
    peer(other, "endpoint", address + ":" + other.port);
    other.peer(this);
  }

  /** {@code wg show wg0 WHAT}, of the only peer: without its public key. */
  String show(String what) {
    var line = host.exec("wg", "show", INTERFACE, what);
    return line.substring(line.indexOf('\t') + 1);
  }

  /** Pings until there is an answer, however slow the machine is. */
  void awaitPing(String address) {
    awaitPing(address, 56);
  }

  /** The same with so many bytes in the ping. */
  void awaitPing(String address, int bytes) {
    await()
        .atMost(Duration.ofSeconds(90))
        .untilAsserted(() ->
            assertThat(host.command("ping", "-nc1", "-W1", "-s" + bytes, address).run())
                .matches(CommandResult::succeeded));
  }

  boolean pings(String address) {
    return host.ping(address).succeeded();
  }
}
