package dev.wiremesh.cli.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.function.Consumer;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * The certificate authorities that a kubeconfig names, and no others, as for kubectl. Fabric8 adds
 * them to those of the JDK, and reads all of these first: a tenth of the time of a command.
 */
final class ClusterTrust {
  private ClusterTrust() {}

  /**
   * Takes the authorities out of the configuration, and returns the setting that trusts them.
   * Changes nothing where the kubeconfig names none.
   *
   * @throws CliException if they cannot be read
   */
  static Consumer<HttpClient.Builder> takeFrom(Config config) {
    if (config.isTrustCerts() || config.getCaCertData() == null && config.getCaCertFile() == null) {
      return builder -> {};
    }
    try {
      var trusted = managers(new PemSource(config.getCaCertData(), config.getCaCertFile()));
      config.setCaCertData(null);
      config.setCaCertFile(null);
      var keys = SSLUtils.keyManagers(config);
      return builder -> builder.sslContext(keys, trusted);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw unusable(e);
    }
  }

  /** The sentence about certificates and keys that cannot be read. */
  static CliException unusable(Exception e) {
    return new CliException(
        "cannot use the certificates of the kubeconfig: %s".formatted(e.getMessage()), e);
  }

  /** Trust managers for the authorities of a PEM text. */
  static TrustManager[] managers(PemSource authorities)
      throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance("JKS");
    store.load(null, null);
    var in = new ByteArrayInputStream(authorities.read());
    for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
      store.setCertificateEntry("authority-" + store.size(), certificate);
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
