package dev.wiremesh.agent.client;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token of requests to the API server, without white space around it. A token that cannot stand
 * in a header is not sent: the HTTP client would quote it in its exception. The API server then
 * refuses the requests, and they are retried. No message has a token in it. Thread-safe.
 */
final class BearerToken implements OAuthTokenProvider {
  private static final Logger log = LoggerFactory.getLogger(BearerToken.class);

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
  private String lastProblem = "";

  /**
   * @param configuration reads the configuration anew, with the token that it has now
   * @param nanos a monotonic clock
   */
  BearerToken(Supplier<Config> configuration, LongSupplier nanos) {
    this.configuration = configuration;
    this.nanos = nanos;
  }

  /** Empty if there is none that can be sent. */
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
      return problem("its configuration cannot be read: " + e.getClass().getSimpleName());
    }
    var set = config.getOauthToken();
    var text = set != null ? set : config.getAutoOAuthToken();
    if (text == null) {
      lastProblem = "";
      return "";
    }
    var trimmed = AROUND.matcher(text).replaceAll("");
    if (!IN_A_HEADER.matcher(trimmed).matches()) {
      return problem("it has characters that cannot stand in a header: write the token alone");
    }
    lastProblem = "";
    return trimmed;
  }

  private String problem(String cause) {
    if (!cause.equals(lastProblem)) {
      lastProblem = cause;
      log.atWarn()
          .addKeyValue("cause", cause)
          .log("The token for the API server cannot be sent; requests have none");
    }
    return "";
  }
}
