package dev.wiremesh.cli.kube;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * The transport of plain kubeconfigs: HTTP/1.1 by the JDK's {@link HttpURLConnection} over one
 * connection that is kept. It starts no threads and a tenth of Fabric8's classes, so a first answer
 * comes in half the time. For one thread.
 */
final class JdkTransport implements ApiTransport {
  private final PlainContext context;
  private final Impersonation impersonation;
  private final RequestTimeouts timeouts;
  private final @Nullable SSLSocketFactory tls;

  private JdkTransport(
      PlainContext context,
      Impersonation impersonation,
      RequestTimeouts timeouts,
      @Nullable SSLSocketFactory tls) {
    this.context = context;
    this.impersonation = impersonation;
    this.timeouts = timeouts;
    this.tls = tls;
  }

  /**
   * Makes a transport; sends nothing yet.
   *
   * @throws CliException if certificates or keys cannot be read
   */
  static JdkTransport open(
      PlainContext context, Impersonation impersonation, RequestTimeouts timeouts) {
    try {
      return new JdkTransport(
          context,
          impersonation,
          timeouts,
          context.server().startsWith("https:") ? tls(context) : null);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw ClusterTrust.unusable(e);
    }
  }

  private static SSLSocketFactory tls(PlainContext context)
      throws IOException, GeneralSecurityException {
    var user = context.user();
    var keys =
        user.certificate().isEmpty()
            ? null
            : ClientCertificate.managers(user.certificate(), user.key());
    var tls = SSLContext.getInstance("TLS");
    tls.init(keys, ClusterTrust.managers(context.authorities()), null);
    var sockets = tls.getSocketFactory();
    // Without a default, the first connection reads all authorities of the JDK to make an unused
    // one: a tenth of the time of a command.
    HttpsURLConnection.setDefaultSSLSocketFactory(sockets);
    return sockets;
  }

  @Override
  public String server() {
    return context.server();
  }

  @Override
  public ApiAnswer get(String path) throws IOException {
    var connection =
        (HttpURLConnection)
            URI.create(context.server() + path).toURL().openConnection(Proxy.NO_PROXY);
    if (connection instanceof HttpsURLConnection https && tls != null) {
      https.setSSLSocketFactory(tls);
      // With a verifier, the JDK compares host and certificate after the handshake, and asks the
      // verifier only where they differ. Without one, it compares them during the handshake and
      // reads all public authorities for that: a tenth of the time of a command.
      https.setHostnameVerifier((host, session) -> false);
    }
    connection.setConnectTimeout(timeouts.connectMillis());
    connection.setReadTimeout(timeouts.answerMillis());
    // Another host must not get the credentials.
    connection.setInstanceFollowRedirects(false);
    setHeaders(connection);
    try {
      connection.connect();
    } catch (SocketTimeoutException e) {
      throw new HttpConnectTimeoutException(String.valueOf(e.getMessage()));
    }
    int status = connection.getResponseCode();
    try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      return new ApiAnswer(status, text(body));
    }
  }

  private void setHeaders(HttpURLConnection connection) {
    connection.setRequestProperty("Accept", "application/json");
    connection.setRequestProperty("User-Agent", "kubectl-wiremesh");
    if (context.user().token() != null) {
      connection.setRequestProperty("Authorization", "Bearer " + context.user().token());
    }
    if (impersonation.user() != null) {
      connection.setRequestProperty("Impersonate-User", impersonation.user());
    }
    impersonation.groups().forEach(it -> connection.addRequestProperty("Impersonate-Group", it));
  }

  private static String text(@Nullable InputStream body) throws IOException {
    return body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
  }

  /** The connection ends with the process, which is about to end. */
  @Override
  public void close() {}
}
