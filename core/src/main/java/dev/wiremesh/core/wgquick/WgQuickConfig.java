package dev.wiremesh.core.wgquick;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A wg-quick configuration file. Comments are kept where they stand, without {@code #}: above the
 * sections, at the head of a section, above a hook.
 */
public record WgQuickConfig(List<String> comments, Interface device, List<Peer> peers) {
  public WgQuickConfig {
    comments = List.copyOf(comments);
    peers = List.copyOf(peers);
  }

  /**
   * The {@code [Interface]} section.
   *
   * @param privateKey null for a key that the owner of the device fills in
   * @param dns name servers, then search domains
   * @param mtuBytes null for wg-quick's choice
   * @param table null for wg-quick's choice
   * @param hooks in the order of the file
   */
  public record Interface(
      List<String> comments,
      @Nullable PrivateKey privateKey,
      List<AddressWithPrefix> addresses,
      List<String> dns,
      @Nullable Integer mtuBytes,
      @Nullable String table,
      List<Hook> hooks) {
    public Interface {
      comments = List.copyOf(comments);
      addresses = List.copyOf(addresses);
      dns = List.copyOf(dns);
      hooks = List.copyOf(hooks);
    }
  }

  /** A command that wg-quick runs; {@code %i} in it stands for the interface's name. */
  public record Hook(List<String> comments, HookPoint point, String command) {
    public Hook {
      comments = List.copyOf(comments);
    }
  }

  /** The moment at which wg-quick runs a hook. */
  public enum HookPoint {
    PRE_UP("PreUp"),
    POST_UP("PostUp"),
    PRE_DOWN("PreDown"),
    POST_DOWN("PostDown");

    private final String keyword;

    HookPoint(String keyword) {
      this.keyword = keyword;
    }

    /** The key of the line. */
    public String keyword() {
      return keyword;
    }
  }

  /**
   * A {@code [Peer]} section.
   *
   * @param presharedKey null for none
   * @param endpoint null for a peer that only dials
   * @param persistentKeepalive zero for none
   */
  public record Peer(
      List<String> comments,
      PublicKey publicKey,
      @Nullable PresharedKey presharedKey,
      List<IpPrefix> allowedIps,
      @Nullable ConfiguredEndpoint endpoint,
      Duration persistentKeepalive) {
    public Peer {
      comments = List.copyOf(comments);
      allowedIps = List.copyOf(allowedIps);
    }
  }
}
