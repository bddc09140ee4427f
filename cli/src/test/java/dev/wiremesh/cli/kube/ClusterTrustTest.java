package dev.wiremesh.cli.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.stream.Stream;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClusterTrustTest {
  /** Two authorities, as while one replaces the other. */
  private static final String PEM =
      """
      -----BEGIN CERTIFICATE-----
      MIIBfDCCASOgAwIBAgIUII10htuEhKtpQ2sbTLk28CoZaygwCgYIKoZIzj0EAwIw
      FDESMBAGA1UEAwwJYXV0aG9yaXR5MB4XDTI2MTEzMDIyNTI1OVoXDTM2MTEyNzIy
      NTI1OVowFDESMBAGA1UEAwwJYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0D
      AQcDQgAEMMe2UjUC7RNiMvE77CugFj3wakh8deEghYomD10OEWm2LalAoD5DtuF1
      jQq3MlGdMhP9tRnc2qqxBn/uCdb6UKNTMFEwHQYDVR0OBBYEFK1iIzPXgPhIC5Z+
      wWYz4c5e3UwlMB8GA1UdIwQYMBaAFK1iIzPXgPhIC5Z+wWYz4c5e3UwlMA8GA1Ud
      EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgLjUvDGBkhYHLR6oqKzvIxeNB
      UtmjcuCBvzb2jsrU8ukCIDmEJj/8DhI4LnYh/eBpMNRhMKhHRYyheeHqGDWGGLj4
      -----END CERTIFICATE-----
      -----BEGIN CERTIFICATE-----
      MIIBczCCARmgAwIBAgIUXkzMQU6A/HYaoskEMiKK7C7xObQwCgYIKoZIzj0EAwIw
      DzENMAsGA1UEAwwEbmV4dDAeFw0yNjExMzAyMjUyNTlaFw0zNjExMjcyMjUyNTla
      MA8xDTALBgNVBAMMBG5leHQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQr6Sb+
      xkXNG9UYYaBMOhp4OTPtyYTBqtAzCoJfgCCgLQHuIjqE0qvi4fb3cX5mmxWX0bez
      yNSvNr5GG8Sq0PM6o1MwUTAdBgNVHQ4EFgQU5z2MYe8l2PrFk3va0etNjBS0GmUw
      HwYDVR0jBBgwFoAU5z2MYe8l2PrFk3va0etNjBS0GmUwDwYDVR0TAQH/BAUwAwEB
      /zAKBggqhkjOPQQDAgNIADBFAiEArglT22YNreSvt9JniusrUGaPzYyMvBa6hDrM
      JUVn2qQCIF1IHaUOCtIYIX9H1dUI/o2YfPcmVzQhnNKGokygjs+y
      -----END CERTIFICATE-----
      """;

  @Test
  void onlyAuthoritiesOfTheKubeconfigAreTrusted(@TempDir Path folder) throws Exception {
    assertThat(names(ClusterTrust.managers(new PemSource(base64(PEM), "/absent"))))
        .containsExactlyInAnyOrder("CN=authority", "CN=next");
    var file = Files.writeString(folder.resolve("ca.crt"), PEM);
    assertThat(names(ClusterTrust.managers(new PemSource(null, file.toString())))).hasSize(2);
  }

  @Test
  void otherConfigurationsAreLeftAlone() {
    var none = Config.empty();
    ClusterTrust.takeFrom(none);
    assertThat(none.getCaCertData()).isNull();
    var insecure = Config.empty();
    insecure.setTrustCerts(true);
    insecure.setCaCertData("x");
    ClusterTrust.takeFrom(insecure);
    assertThat(insecure.getCaCertData()).isEqualTo("x");
  }

  @Test
  void unreadableCertificatesAreExplained() {
    var config = Config.empty();
    config.setCaCertFile("/absent/ca.crt");
    assertThatThrownBy(() -> ClusterTrust.takeFrom(config))
        .isInstanceOf(CliException.class)
        .hasMessage("cannot use the certificates of the kubeconfig: /absent/ca.crt");
    config.setCaCertData(base64("no certificate"));
    assertThatThrownBy(() -> ClusterTrust.takeFrom(config)).isInstanceOf(CliException.class);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Stream<String> names(TrustManager[] managers) {
    return Stream.of(((X509TrustManager) managers[0]).getAcceptedIssuers())
        .map(certificate -> certificate.getSubjectX500Principal().getName());
  }
}
