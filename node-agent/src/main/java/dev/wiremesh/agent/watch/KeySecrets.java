package dev.wiremesh.agent.watch;

import dev.wiremesh.api.contract.SecretKeys;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.core.keys.InvalidKeyException;
import dev.wiremesh.core.keys.PresharedKeySeed;
import dev.wiremesh.core.keys.PrivateKey;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The Secrets that hold a node's keys for one network, by name, and their parser. */
final class KeySecrets {
  private final String network;
  private final @Nullable String nodeSecret;
  private final boolean gateway;
  private final boolean presharedKeys;

  /**
   * @param nodeSecret null as long as the operator has not named it
   */
  KeySecrets(String network, @Nullable String nodeSecret, boolean gateway, boolean presharedKeys) {
    this.network = network;
    this.nodeSecret = nodeSecret;
    this.gateway = gateway;
    this.presharedKeys = presharedKeys;
  }

  private String gatewaySecret() {
    return SecretNames.gateway(network);
  }

  private String networkSecret() {
    return SecretNames.network(network);
  }

  Set<String> names() {
    var names = new LinkedHashSet<String>();
    if (nodeSecret != null) {
      names.add(nodeSecret);
    }
    if (gateway) {
      names.add(gatewaySecret());
    }
    if (presharedKeys) {
      names.add(networkSecret());
    }
    return names;
  }

  /** The keys, or the problem with them. */
  sealed interface Reading {
    record Complete(NetworkKeys keys) implements Reading {}

    record Missing(String problem) implements Reading {}
  }

  Reading read(Function<String, Optional<Secret>> secrets) {
    if (nodeSecret == null) {
      return new Reading.Missing("The operator has not made a key for this node yet.");
    }
    try {
      var node = text(secrets, nodeSecret, SecretKeys.PRIVATE_KEY, PrivateKey::parse);
      var gatewayKey =
          gateway
              ? text(secrets, gatewaySecret(), SecretKeys.PRIVATE_KEY, PrivateKey::parse)
              : null;
      var seed =
          presharedKeys
              ? text(
                  secrets, networkSecret(), SecretKeys.PRESHARED_KEY_SEED, PresharedKeySeed::parse)
              : null;
      return new Reading.Complete(new NetworkKeys(node, gatewayKey, seed));
    } catch (MissingKeyException e) {
      return new Reading.Missing(e.problem);
    }
  }

  private static <T> T text(
      Function<String, Optional<Secret>> secrets,
      String name,
      String entry,
      Function<String, T> parse)
      throws MissingKeyException {
    var secret = secrets.apply(name);
    if (secret.isEmpty()) {
      throw new MissingKeyException("Secret " + name + " is not there.");
    }
    var data = secret.get().getData();
    var encoded = data == null ? null : data.get(entry);
    if (encoded == null) {
      throw new MissingKeyException("Secret " + name + " has no entry " + entry + ".");
    }
    try {
      var text = new String(Base64.getDecoder().decode(encoded), StandardCharsets.US_ASCII).strip();
      return parse.apply(text);
    } catch (InvalidKeyException e) {
      throw new MissingKeyException(
          "Entry " + entry + " of Secret " + name + " is not a key: " + e.getMessage() + ".");
    }
  }

  private static final class MissingKeyException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String problem;

    MissingKeyException(String problem) {
      super(problem);
      this.problem = problem;
    }
  }
}
