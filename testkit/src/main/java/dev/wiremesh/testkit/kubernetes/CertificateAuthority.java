package dev.wiremesh.testkit.kubernetes;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority for one control plane; its key never leaves this object. */
final class CertificateAuthority {
  private static final Duration VALIDITY = Duration.ofDays(30);

  /** A key with its certificate. */
  record Identity(PrivateKey key, X509Certificate certificate) {
    String keyPem() {
      return pem("PRIVATE KEY", key.getEncoded());
    }

    String certificatePem() {
      return CertificateAuthority.pem(certificate);
    }
  }

  private final SecureRandom random;
  private final Instant now;
  private final X500Name name = new X500Name("CN=wiremesh-testkit-ca");
  private final KeyPair keys;
  private final X509Certificate certificate;

  CertificateAuthority(SecureRandom random, Instant now) {
    this.random = random;
    this.now = now;
    this.keys = ellipticKeys(random);
    this.certificate = sign(name, keys, true, List.of());
  }

  X509Certificate certificate() {
    return certificate;
  }

  /** An identity for a server under the given addresses and names. */
  Identity server(String name, List<InetAddress> addresses, List<String> names) {
    var alternatives = new ArrayList<GeneralName>();
    names.forEach(dns -> alternatives.add(new GeneralName(GeneralName.dNSName, dns)));
    addresses.forEach(address ->
        alternatives.add(new GeneralName(GeneralName.iPAddress, address.getHostAddress())));
    return issue("CN=" + name, ellipticKeys(random), alternatives);
  }

  private Identity issue(String subject, KeyPair pair, List<GeneralName> alternatives) {
    return new Identity(pair.getPrivate(), sign(new X500Name(subject), pair, false, alternatives));
  }

  private X509Certificate sign(
      X500Name subject, KeyPair pair, boolean authority, List<GeneralName> alternatives) {
    try {
      var builder =
          new JcaX509v3CertificateBuilder(
              name,
              new BigInteger(127, random),
              Date.from(now.minus(Duration.ofHours(1))),
              Date.from(now.plus(VALIDITY)),
              subject,
              pair.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(
              authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
      if (!authority) {
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(
                new KeyPurposeId[] {KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth}));
      }
      if (!alternatives.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(alternatives.toArray(GeneralName[]::new)));
      }
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
      return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new IllegalStateException("cannot sign a certificate for " + subject, e);
    }
  }

  /** Keys on P-256: RSA ones cost a JVM that has just started seconds. */
  static KeyPair ellipticKeys(SecureRandom random) {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has P-256", e);
    }
  }

  static String pem(X509Certificate certificate) {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static String pem(String type, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(type, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der), type);
  }
}
