package dev.wiremesh.cli.kube;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/**
 * The client certificate of a kubeconfig as TLS takes it. Keys are PKCS#8, or the older forms of
 * RSA (PKCS#1, as kubeadm writes) and of elliptic curves (SEC 1, as k3s writes), which the JDK does
 * not read: these are wrapped into PKCS#8 (RFC 5208).
 */
final class ClientCertificate {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([^-]*)-----END \\1-----");

  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 0x04;
  private static final int CURVE = 0xa0;
  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};

  /** rsaEncryption, with its parameter NULL. */
  private static final byte[] RSA = {
    0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0
  };

  /** id-ecPublicKey; its parameter is the curve. */
  private static final byte[] ELLIPTIC = {
    0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01
  };

  private ClientCertificate() {}

  /** Key managers with the certificates and their key. */
  static KeyManager[] managers(PemSource certificate, PemSource key)
      throws IOException, GeneralSecurityException {
    var chain =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(certificate.read()))
            .toArray(Certificate[]::new);
    var store = KeyStore.getInstance("JKS");
    store.load(null, null);
    // The store lives in this process alone, so its password protects nothing.
    var password = new char[] {'x'};
    store.setKeyEntry("client", privateKey(key.read()), password, chain);
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, password);
    return factory.getKeyManagers();
  }

  /** The first private key of a PEM text. */
  static PrivateKey privateKey(byte[] pem) throws GeneralSecurityException {
    var found = KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
    if (!found.find()) {
      throw new InvalidKeySpecException(
          "the client key has no PRIVATE KEY that this program can read");
    }
    var der = Base64.getMimeDecoder().decode(found.group(2));
    return switch (found.group(1)) {
      case "RSA PRIVATE KEY" -> key(pkcs8(RSA, der), List.of("RSA"));
      case "EC PRIVATE KEY" -> key(pkcs8(concatenated(ELLIPTIC, curve(der)), der), List.of("EC"));
      default -> key(der, List.of("RSA", "EC", "EdDSA"));
    };
  }

  private static PrivateKey key(byte[] pkcs8, List<String> algorithms)
      throws GeneralSecurityException {
    for (var algorithm : algorithms) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (InvalidKeySpecException _) {
        // A key of another algorithm.
      }
    }
    throw new InvalidKeySpecException(
        "the client key is none of these algorithms: " + String.join(", ", algorithms));
  }

  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    return element(
        SEQUENCE, concatenated(VERSION_0, element(SEQUENCE, algorithm), element(OCTETS, key)));
  }

  /** The curve's object identifier in a key of SEC 1: version, key, [0] curve, [1] public key. */
  private static byte[] curve(byte[] der) throws InvalidKeySpecException {
    try {
      int at = content(der, 0);
      while (at < der.length) {
        int start = content(der, at);
        int end = start + length(der, at);
        if ((der[at] & 0xff) == CURVE) {
          return Arrays.copyOfRange(der, start, end);
        }
        at = end;
      }
    } catch (IndexOutOfBoundsException e) {
      throw new InvalidKeySpecException("the client key is cut short", e);
    }
    throw new InvalidKeySpecException("the client key does not name its curve");
  }

  /** The place of an element's content. */
  private static int content(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  private static int length(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    if (first < 0x80) {
      return first;
    }
    int length = 0;
    for (int i = 0; i < (first & 0x7f); i++) {
      length = length << 8 | der[at + 2 + i] & 0xff;
    }
    return length;
  }

  private static byte[] element(int tag, byte[] content) {
    var length = content.length;
    var header =
        length < 0x80
            ? new byte[] {(byte) tag, (byte) length}
            : length < 0x100
                ? new byte[] {(byte) tag, (byte) 0x81, (byte) length}
                : new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
    return concatenated(header, content);
  }

  private static byte[] concatenated(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (var part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
