package dev.wiremesh.agent.client;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The token of requests to the API server, without white space around it. A token that cannot stand
 * in a header is not sent: the HTTP client would quote it in its exception. No message has a token
 * in it. Thread-safe.
 */
final class BearerToken implements OAuthTokenProvider {
  /** Tokens are replaced while the agent runs; they are read anew this often at most. */
  private static final Duration KEPT = Duration.ofSeconds(15);

  private static final Pattern IN_A_HEADER = Pattern.compile("[\\x21-\\x7e]*");

  /** An editor's byte order mark counts as white space. */
  private static final Pattern AROUND = Pattern.compile("^[\\s\\uFEFF\\u0000]+|[\\s\\u0000]+$");

  private final Supplier<Config> configuration;
  private final LongSupplier nanos;

  // Guarded by this.
  private @Nullable String token;
  private long readAt;

  /**
   * @param configuration reads the configuration anew, with the token that it has now
   * @param nanos a monotonic clock
   */
  BearerToken(Supplier<Config> configuration, LongSupplier nanos) {
    this.configuration = configuration;
    this.nanos = nanos;
  }

  /** Empty if there is none. */
  @Override
  public synchronized String getToken() {
    long now = nanos.getAsLong();
    var known = token;
    if (known == null || now - readAt >= KEPT.toNanos()) {
      known = read();
      token = known;
      readAt = now;
    }
    return known;
  }

  private String read() {
    Config config;
    try {
      config = configuration.get();
    } catch (RuntimeException e) {
      // Its message may quote the file, and with it the token.
      throw new KubernetesClientException(
          "The configuration of the client cannot be read (" + e.getClass().getSimpleName() + ")");
    }
    var set = config.getOauthToken();
    var text = set != null ? set : config.getAutoOAuthToken();
    if (text == null) {
      return "";
    }
    var trimmed = AROUND.matcher(text).replaceAll("");
    if (!IN_A_HEADER.matcher(trimmed).matches()) {
      throw new KubernetesClientException(
          "The token for the API server has characters that cannot stand in a header: its file must"
              + " hold the token alone");
    }
    return trimmed;
  }
}
