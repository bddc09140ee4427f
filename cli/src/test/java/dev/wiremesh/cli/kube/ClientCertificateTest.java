package dev.wiremesh.cli.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ClientCertificateTest {
  /** As {@code openssl ecparam -genkey -name prime256v1 -noout} writes it: version, key, curve. */
  private static final String SEC1 =
      """
      -----BEGIN EC PRIVATE KEY-----
      MHcCAQEEILgrLIZ4G/xZ0VrCY2VaJRQlpcv+66PGlcFWxsjoubTPoAoGCCqGSM49
      AwEHoUQDQgAEaAXwmqiCcy3aNpJc2xjXbdilyW2J0v5MERQiRMx6CaCUIW8S6qBr
      Ej2oi/M/j+/BkqxqlZywhsdc0lR+c1mwTg==
      -----END EC PRIVATE KEY-----
      """;

  @ParameterizedTest
  @CsvSource({"RSA, 2048", "EC, 256", "EC, 384"})
  void keyOfPkcs8IsRead(String algorithm, int bits) throws GeneralSecurityException {
    var key = generate(algorithm, bits);
    assertThat(ClientCertificate.privateKey(pem("PRIVATE KEY", key.getEncoded()))).isEqualTo(key);
  }

  @ParameterizedTest
  @CsvSource({"2048", "4096"})
  void rsaKeyOfPkcs1IsRead(int bits) throws GeneralSecurityException {
    var key = generate("RSA", bits);
    // PKCS#8 of RSA: 26 bytes of headers before the key of PKCS#1.
    var encoded = key.getEncoded();
    var pkcs1 = Arrays.copyOfRange(encoded, 26, encoded.length);
    assertThat(ClientCertificate.privateKey(pem("RSA PRIVATE KEY", pkcs1))).isEqualTo(key);
  }

  @Test
  void ellipticKeyOfSec1IsRead() throws GeneralSecurityException {
    var key = ClientCertificate.privateKey(SEC1.getBytes(StandardCharsets.UTF_8));
    assertThat(key.getAlgorithm()).isEqualTo("EC");
    var parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + SEC1;
    assertThat(ClientCertificate.privateKey(parameters.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(key);
  }

  @Test
  void otherKeysAreRefused() {
    assertThatThrownBy(() -> ClientCertificate.privateKey(new byte[0]))
        .isInstanceOf(InvalidKeySpecException.class);
    assertThatThrownBy(() ->
            ClientCertificate.privateKey(pem("EC PRIVATE KEY", new byte[] {0x30, 0x20, 0x02})))
        .isInstanceOf(InvalidKeySpecException.class);
    assertThatThrownBy(() -> ClientCertificate.privateKey(pem("PRIVATE KEY", new byte[20])))
        .hasMessageContaining("RSA, EC, EdDSA");
    assertThatThrownBy(
            () -> ClientCertificate.privateKey(pem("ENCRYPTED PRIVATE KEY", new byte[20])))
        .isInstanceOf(InvalidKeySpecException.class);
  }

  private static PrivateKey generate(String algorithm, int bits) throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(bits);
    return generator.generateKeyPair().getPrivate();
  }

  private static byte[] pem(String label, byte[] der) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(label, Base64.getMimeEncoder().encodeToString(der))
        .getBytes(StandardCharsets.UTF_8);
  }
}
