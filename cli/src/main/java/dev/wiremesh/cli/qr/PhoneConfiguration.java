package dev.wiremesh.cli.qr;

import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.core.wgquick.WgQuickText;
import java.util.ArrayList;
import java.util.List;

/**
 * A configuration as WireGuard's apps read it from a QR code: they refuse a file with commands or
 * {@code Table}, and comments only make the code larger.
 *
 * @param text the configuration without these
 * @param leftOut the keys that were left out, each once
 */
record PhoneConfiguration(String text, List<String> leftOut) {
  PhoneConfiguration {
    leftOut = List.copyOf(leftOut);
  }

  static PhoneConfiguration of(WgQuickConfig config) {
    var device = config.device();
    var leftOut = new ArrayList<String>();
    if (device.table() != null) {
      leftOut.add("Table");
    }
    device.hooks().stream().map(hook -> hook.point().keyword()).distinct().forEach(leftOut::add);
    var interfaceSection =
        new WgQuickConfig.Interface(
            List.of(),
            device.privateKey(),
            device.addresses(),
            device.dns(),
            device.mtuBytes(),
            null,
            List.of());
    var peers =
        config.peers().stream()
            .map(peer ->
                new WgQuickConfig.Peer(
                    List.of(),
                    peer.publicKey(),
                    peer.presharedKey(),
                    peer.allowedIps(),
                    peer.endpoint(),
                    peer.persistentKeepalive()))
            .toList();
    return new PhoneConfiguration(
        WgQuickText.render(new WgQuickConfig(List.of(), interfaceSection, peers)), leftOut);
  }

  /** The text is a secret. */
  @Override
  public String toString() {
    return "PhoneConfiguration[without " + leftOut + "]";
  }
}
