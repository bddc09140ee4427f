package dev.wiremesh.core.wgquick;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The text of a {@link WgQuickConfig}: the file that {@code wg-quick up} reads. */
public final class WgQuickText {
  /** The text in place of a private key that is not known. */
  public static final String PRIVATE_KEY_PLACEHOLDER = "PUT-THE-PRIVATE-KEY-HERE";

  private WgQuickText() {}

  /**
   * Reads a configuration. The text of {@link #render} is read as the same value.
   *
   * @throws InvalidWgQuickException if the text is not a wg-quick configuration
   */
  public static ParsedWgQuick parse(String text) {
    return new WgQuickReader().read(text);
  }

  /** The whole file, with a newline at its end. */
  public static String render(WgQuickConfig config) {
    var lines = new ArrayList<String>();
    comments(config.comments(), lines);
    device(config.device(), lines);
    for (var peer : config.peers()) {
      lines.add("");
      peer(peer, lines);
    }
    return lines.stream().collect(Collectors.joining("\n", "", "\n"));
  }

  private static void device(WgQuickConfig.Interface device, List<String> lines) {
    lines.add("[Interface]");
    comments(device.comments(), lines);
    var key = device.privateKey();
    entry("PrivateKey", key == null ? PRIVATE_KEY_PLACEHOLDER : key.toBase64(), lines);
    entries("Address", device.addresses(), lines);
    entries("DNS", device.dns(), lines);
    if (device.mtuBytes() != null) {
      entry("MTU", device.mtuBytes(), lines);
    }
    if (device.table() != null) {
      entry("Table", device.table(), lines);
    }
    for (var hook : device.hooks()) {
      comments(hook.comments(), lines);
      entry(hook.point().keyword(), hook.command(), lines);
    }
  }

  private static void peer(WgQuickConfig.Peer peer, List<String> lines) {
    lines.add("[Peer]");
    comments(peer.comments(), lines);
    entry("PublicKey", peer.publicKey(), lines);
    var presharedKey = peer.presharedKey();
    if (presharedKey != null) {
      entry("PresharedKey", presharedKey.toBase64(), lines);
    }
    entries("AllowedIPs", peer.allowedIps(), lines);
    if (peer.endpoint() != null) {
      entry("Endpoint", peer.endpoint(), lines);
    }
    if (peer.persistentKeepalive().isPositive()) {
      entry("PersistentKeepalive", peer.persistentKeepalive().toSeconds(), lines);
    }
  }

  private static void comments(List<String> comments, List<String> lines) {
    comments.forEach(comment -> lines.add("# " + comment));
  }

  private static void entry(String key, Object value, List<String> lines) {
    lines.add(key + " = " + value);
  }

  /** One line, or none for an empty list: wg refuses a key without a value. */
  private static void entries(String key, List<?> values, List<String> lines) {
    if (!values.isEmpty()) {
      entry(key, values.stream().map(Object::toString).collect(Collectors.joining(", ")), lines);
    }
  }
}
