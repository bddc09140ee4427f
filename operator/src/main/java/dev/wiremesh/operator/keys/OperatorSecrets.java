package dev.wiremesh.operator.keys;

import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.SecretKeys;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.core.keys.InvalidKeyException;
import dev.wiremesh.core.keys.PresharedKeySeed;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The Secrets in the operator's namespace. An existing Secret is used as it is; a missing one is
 * created. Of two operators that create one at the same time, the API server lets one succeed, and
 * both use its content.
 */
public final class OperatorSecrets {
  private final KubernetesClient client;
  private final ClusterCache state;
  private final String namespace;
  private final SecureRandom random;

  public OperatorSecrets(
      KubernetesClient client, ClusterCache state, String namespace, SecureRandom random) {
    this.client = client;
    this.state = state;
    this.namespace = namespace;
    this.random = random;
  }

  /** The public key of a node's key pair; the Secret is deleted with its owner. */
  public PublicKey nodeKey(String meshNode, String network, OwnerReference owner) {
    var secret = getOrCreate(SecretNames.node(meshNode), network, List.of(owner), this::newKeyPair);
    return publicKey(secret);
  }

  /** The gateway Secret: the gateways' shared key pair and the device parameters. */
  public Secret gateway(String network) {
    return getOrCreate(SecretNames.gateway(network), network, List.of(), this::newKeyPair);
  }

  public PublicKey publicKey(Secret secret) {
    return read(secret, SecretKeys.PRIVATE_KEY, PrivateKey::parse).publicKey();
  }

  /** The seed from which the network's preshared keys are derived. */
  public PresharedKeySeed presharedKeySeed(String network) {
    var secret =
        getOrCreate(
            SecretNames.network(network),
            network,
            List.of(),
            () ->
                Map.of(
                    SecretKeys.PRESHARED_KEY_SEED, PresharedKeySeed.generate(random).toBase64()));
    return read(secret, SecretKeys.PRESHARED_KEY_SEED, PresharedKeySeed::parse);
  }

  /** The gateway Secret as the API server has it now; there is one. */
  public Secret currentGateway(String network) {
    return create(SecretNames.gateway(network), network, List.of(), this::newKeyPair);
  }

  /**
   * Adds entries to a Secret; others stay.
   *
   * @return false if the Secret has changed since it was seen
   */
  public boolean addEntries(Secret seen, Map<String, String> texts) {
    var metadata = seen.getMetadata();
    var patch = new SecretBuilder().withData(SecretData.encoded(texts)).build();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withUid(metadata.getUid())
            .withResourceVersion(metadata.getResourceVersion())
            .build());
    try {
      client
          .secrets()
          .inNamespace(namespace)
          .withName(metadata.getName())
          .patch(Patches.merge(), client.getKubernetesSerialization().asJson(patch));
      return true;
    } catch (KubernetesClientException e) {
      if (ApiErrors.isConflict(e) || ApiErrors.isNotFound(e)) {
        return false;
      }
      throw e;
    }
  }

  private Map<String, String> newKeyPair() {
    var key = PrivateKey.generate(random);
    var texts = new LinkedHashMap<String, String>();
    texts.put(SecretKeys.PRIVATE_KEY, key.toBase64());
    texts.put(SecretKeys.PUBLIC_KEY, key.publicKey().toString());
    return texts;
  }

  private Secret getOrCreate(
      String name,
      String network,
      List<OwnerReference> owners,
      Supplier<Map<String, String>> content) {
    var known = state.secrets().get(namespace, name);
    return known.isPresent() ? known.get() : create(name, network, owners, content);
  }

  private Secret create(
      String name,
      String network,
      List<OwnerReference> owners,
      Supplier<Map<String, String>> content) {
    var here = client.secrets().inNamespace(namespace).withName(name);
    var there = here.get();
    if (there != null) {
      return there;
    }
    var secret =
        new SecretBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(namespace)
            .addToLabels(Labels.MANAGED_BY, Labels.WIREMESH)
            .addToLabels(Labels.NETWORK, network)
            .withOwnerReferences(owners)
            .endMetadata()
            .withType("Opaque")
            .withData(SecretData.encoded(content.get()))
            .build();
    try {
      return client.secrets().inNamespace(namespace).resource(secret).create();
    } catch (KubernetesClientException e) {
      var winner = ApiErrors.isConflict(e) ? here.get() : null;
      if (winner == null) {
        throw e;
      }
      return winner;
    }
  }

  private static <T> T read(Secret secret, String key, Function<String, T> parse) {
    var metadata = secret.getMetadata();
    try {
      return SecretData.text(secret, key)
          .map(String::strip)
          .map(parse)
          .orElseThrow(() ->
              new SecretUnusableException(
                  metadata.getNamespace(), metadata.getName(), "no entry " + key));
    } catch (InvalidKeyException e) {
      throw new SecretUnusableException(
          metadata.getNamespace(), metadata.getName(), "an entry " + key + " that is no key");
    }
  }
}
