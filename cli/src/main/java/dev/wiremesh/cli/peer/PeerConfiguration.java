package dev.wiremesh.cli.peer;

import dev.wiremesh.api.contract.SecretKeys;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.cli.kube.CliException;
import dev.wiremesh.cli.kube.Cluster;
import dev.wiremesh.cli.kube.SecretData;
import dev.wiremesh.core.wgquick.InvalidWgQuickException;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.core.wgquick.WgQuickText;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * The wg-quick configuration of a Peer as its Secret has it. Holds keys: {@link #toString} leaves
 * them out.
 */
public final class PeerConfiguration {
  private final String secret;
  private final byte[] bytes;

  private PeerConfiguration(String secret, byte[] bytes) {
    this.secret = secret;
    this.bytes = bytes;
  }

  /**
   * Fetches the configuration. Needs the right to get that one Secret, and to get Peers only to say
   * why there is none.
   *
   * @throws CliException if there is none, with the reason
   */
  public static PeerConfiguration fetch(Cluster cluster, String peer) {
    var namespace = cluster.namespace();
    var name = SecretNames.peer(peer);
    var secret = cluster.secret(namespace, name);
    if (secret.isPresent() && !SecretNames.PEER_TYPE.equals(secret.get().type())) {
      throw new CliException(
          "the Secret %s in namespace %s is not Wiremesh's (its type is %s, not %s), so Peer %s has no place for its configuration: rename that Secret"
              .formatted(name, namespace, secret.get().type(), SecretNames.PEER_TYPE, peer));
    }
    return secret
        .flatMap(PeerConfiguration::configuration)
        .map(bytes -> new PeerConfiguration(namespace + "/" + name, bytes))
        .orElseThrow(() -> new CliException(PeerLookup.whyNotPublished(cluster, peer)));
  }

  private static Optional<byte[]> configuration(SecretData secret) {
    return Optional.ofNullable(secret.data().get(SecretKeys.WG_QUICK_CONF))
        .map(base64 -> Base64.getDecoder().decode(base64));
  }

  /** The file, byte for byte. */
  public byte[] bytes() {
    return Arrays.copyOf(bytes, bytes.length);
  }

  /** The file as a value. */
  public WgQuickConfig config() {
    try {
      return WgQuickText.parse(new String(bytes, StandardCharsets.UTF_8)).config();
    } catch (InvalidWgQuickException e) {
      throw new CliException(
          "the %s in Secret %s cannot be read: %s"
              .formatted(SecretKeys.WG_QUICK_CONF, secret, e.getMessage()),
          e);
    }
  }

  @Override
  public String toString() {
    return "PeerConfiguration[" + secret + "]";
  }
}
