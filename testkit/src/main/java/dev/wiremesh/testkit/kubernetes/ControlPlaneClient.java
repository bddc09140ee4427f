package dev.wiremesh.testkit.kubernetes;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A minimal client of an API server, for the testkit itself; tests bring their own. */
final class ControlPlaneClient implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final String server;
  private final String authorization;
  private final HttpClient http;

  ControlPlaneClient(String server, X509Certificate authority, String token) {
    this.server = server;
    this.authorization = "Bearer " + token;
    this.http =
        HttpClient.newBuilder().sslContext(context(authority)).connectTimeout(TIMEOUT).build();
  }

  String get(String path) throws IOException {
    return send(HttpRequest.newBuilder(URI.create(server + path)).GET());
  }

  String post(String path, String json) throws IOException {
    return send(
        HttpRequest.newBuilder(URI.create(server + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  private String send(HttpRequest.Builder request) throws IOException {
    try {
      var response =
          http.send(
              request.header("Authorization", authorization).timeout(TIMEOUT).build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() / 100 != 2) {
        throw new IOException(
            "%s answered %d: %s"
                .formatted(response.uri(), response.statusCode(), response.body().strip()));
      }
      return response.body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static SSLContext context(X509Certificate authority) {
    try {
      var trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, new char[0]);
      trusted.setCertificateEntry("authority", authority);
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      var context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("cannot set up TLS that trusts " + authority, e);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
