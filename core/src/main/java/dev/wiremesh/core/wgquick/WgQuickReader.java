package dev.wiremesh.core.wgquick;

import dev.wiremesh.core.keys.InvalidKeyException;
import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.WgQuickConfig.Hook;
import dev.wiremesh.core.wgquick.WgQuickConfig.HookPoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text of a wg-quick configuration by the rules of wg-quick(8) and wg(8): names of
 * sections and keys in any case, lists on one line or on several, {@code #} up to the end of a
 * line. For one text and one thread.
 *
 * <p>A comment belongs to the section that it is in or directly above, to the hook that it is
 * directly above, or to the whole file if it is above {@code [Interface]}.
 */
final class WgQuickReader {
  private static final int LARGEST_KEEPALIVE_SECONDS = 65535;

  private final List<String> fileComments = new ArrayList<>();
  private final List<UnknownEntry> unknown = new ArrayList<>();
  private final List<PeerLines> peers = new ArrayList<>();

  // Comments whose place depends on the line that follows.
  private final List<String> pending = new ArrayList<>();
  private @Nullable DeviceLines device;
  // The section of the present line: the interface if it is null, and no section before the first.
  private @Nullable PeerLines peer;
  private int line;

  ParsedWgQuick read(String text) {
    text.lines()
        .forEach(raw -> {
          line++;
          readLine(raw.strip());
        });
    closeSection();
    if (device == null) {
      throw new InvalidWgQuickException(
          "there is no [Interface]: a wg-quick configuration starts with one");
    }
    return new ParsedWgQuick(
        new WgQuickConfig(
            fileComments, device.build(), peers.stream().map(PeerLines::build).toList()),
        unknown);
  }

  private void readLine(String text) {
    if (text.startsWith("#")) {
      pending.add(comment(text));
      return;
    }
    int hash = text.indexOf('#');
    var content = hash < 0 ? text : text.substring(0, hash).strip();
    if (content.isEmpty()) {
      return;
    }
    if (content.startsWith("[")) {
      openSection(content);
    } else {
      entry(content);
    }
    if (hash >= 0) {
      pending.add(comment(text.substring(hash)));
      closeSection();
    }
  }

  private static String comment(String text) {
    var words = text.substring(1);
    return words.startsWith(" ") ? words.substring(1) : words;
  }

  private void openSection(String header) {
    switch (header.toLowerCase(Locale.ROOT)) {
      case "[interface]" -> {
        if (device != null) {
          throw invalid("there is a second [Interface]: one file is one interface");
        }
        device = new DeviceLines();
        fileComments.addAll(takeComments());
      }
      case "[peer]" -> {
        if (device == null) {
          throw invalid("[Interface] comes before [Peer]");
        }
        peer = new PeerLines(line);
        peer.comments.addAll(takeComments());
        peers.add(peer);
      }
      default -> throw invalid("'" + header + "' is no section: write [Interface] or [Peer]");
    }
  }

  private void entry(String content) {
    int equals = content.indexOf('=');
    if (device == null) {
      throw invalid("a value stands above [Interface]: put it below");
    }
    if (equals <= 0) {
      throw invalid("this line has no 'key = value'");
    }
    var key = content.substring(0, equals).strip();
    var value = content.substring(equals + 1).strip();
    var known = peer == null ? deviceEntry(device, key, value) : peerEntry(peer, key, value);
    if (!known) {
      unknown.add(new UnknownEntry(line, peer == null ? "Interface" : "Peer", key, value));
    }
    closeSection();
  }

  private boolean deviceEntry(DeviceLines into, String key, String value) {
    var hook = hookPoint(key);
    if (hook.isPresent()) {
      // Comments above the first key belong to the section, as renderers write them there.
      var comments = into.anyEntry ? takeComments() : List.<String>of();
      into.hooks.add(new Hook(comments, hook.get(), value));
      into.anyEntry = true;
      return true;
    }
    into.anyEntry = true;
    switch (key.toLowerCase(Locale.ROOT)) {
      case "privatekey" ->
          into.privateKey =
              value.equals(WgQuickText.PRIVATE_KEY_PLACEHOLDER)
                  ? null
                  : parsed(value, PrivateKey::parse);
      case "address" ->
          list(value).forEach(it -> into.addresses.add(parsed(it, AddressWithPrefix::parse)));
      case "dns" -> into.dns.addAll(list(value));
      case "mtu" -> into.mtuBytes = number(value, 65535);
      case "table" -> into.table = value;
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean peerEntry(PeerLines into, String key, String value) {
    switch (key.toLowerCase(Locale.ROOT)) {
      case "publickey" -> into.publicKey = parsed(value, PublicKey::parse);
      case "presharedkey" -> into.presharedKey = parsed(value, PresharedKey::parse);
      case "allowedips" ->
          list(value).forEach(it -> into.allowedIps.add(parsed(it, IpPrefix::parseMasked)));
      case "endpoint" -> into.endpoint = parsed(value, ConfiguredEndpoint::parse);
      case "persistentkeepalive" -> into.persistentKeepalive = keepalive(value);
      default -> {
        return false;
      }
    }
    return true;
  }

  private Duration keepalive(String value) {
    return value.equalsIgnoreCase("off")
        ? Duration.ZERO
        : Duration.ofSeconds(number(value, LARGEST_KEEPALIVE_SECONDS));
  }

  private int number(String value, int largest) {
    try {
      int number = Integer.parseInt(value);
      if (number >= 0 && number <= largest) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Falls through to the same message.
    }
    throw invalid("'%s' is no number from 0 to %d".formatted(value, largest));
  }

  private <T> T parsed(String value, Function<String, T> parser) {
    try {
      return parser.apply(value);
    } catch (InvalidKeyException | InvalidAddressException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  private static List<String> list(String value) {
    return Arrays.stream(value.split(",")).map(String::strip).filter(it -> !it.isEmpty()).toList();
  }

  private static Optional<HookPoint> hookPoint(String key) {
    return Arrays.stream(HookPoint.values())
        .filter(point -> point.keyword().equalsIgnoreCase(key))
        .findFirst();
  }

  /** Comments that no hook and no section header took belong to the section that they are in. */
  private void closeSection() {
    if (peer != null) {
      peer.comments.addAll(takeComments());
    } else if (device != null) {
      device.comments.addAll(takeComments());
    } else {
      fileComments.addAll(takeComments());
    }
  }

  private List<String> takeComments() {
    var taken = List.copyOf(pending);
    pending.clear();
    return taken;
  }

  private InvalidWgQuickException invalid(String message) {
    return new InvalidWgQuickException(line, message);
  }

  /** The entries of {@code [Interface]} so far. */
  private static final class DeviceLines {
    private final List<String> comments = new ArrayList<>();
    private final List<AddressWithPrefix> addresses = new ArrayList<>();
    private final List<String> dns = new ArrayList<>();
    private final List<Hook> hooks = new ArrayList<>();
    private @Nullable PrivateKey privateKey;
    private @Nullable Integer mtuBytes;
    private @Nullable String table;
    private boolean anyEntry;

    WgQuickConfig.Interface build() {
      return new WgQuickConfig.Interface(
          comments, privateKey, addresses, dns, mtuBytes, table, hooks);
    }
  }

  /** The entries of one {@code [Peer]} so far. */
  private static final class PeerLines {
    private final int line;
    private final List<String> comments = new ArrayList<>();
    private final List<IpPrefix> allowedIps = new ArrayList<>();
    private @Nullable PublicKey publicKey;
    private @Nullable PresharedKey presharedKey;
    private @Nullable ConfiguredEndpoint endpoint;
    private Duration persistentKeepalive = Duration.ZERO;

    PeerLines(int line) {
      this.line = line;
    }

    WgQuickConfig.Peer build() {
      if (publicKey == null) {
        throw new InvalidWgQuickException(line, "this [Peer] has no PublicKey");
      }
      return new WgQuickConfig.Peer(
          comments, publicKey, presharedKey, allowedIps, endpoint, persistentKeepalive);
    }
  }
}
