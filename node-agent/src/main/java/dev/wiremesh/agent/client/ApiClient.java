package dev.wiremesh.agent.client;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.util.function.Supplier;

/** Makes the client of the API server. */
public final class ApiClient {
  private ApiClient() {}

  /** A configuration that cannot be read; its message has nothing of the content. */
  public static final class InvalidClientConfigException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private InvalidClientConfigException(RuntimeException cause) {
      super(
          "The configuration of the API server's client cannot be read ("
              + cause.getClass().getSimpleName()
              + "): see KUBECONFIG, or the pod's ServiceAccount token.");
    }
  }

  /**
   * From the kubeconfig, or the pod's ServiceAccount.
   *
   * @throws InvalidClientConfigException if it cannot be read
   */
  public static KubernetesClient ofEnvironment() {
    return of(() -> Config.autoConfigure(null));
  }

  /**
   * @param configuration called again to read a new token
   */
  static KubernetesClient of(Supplier<Config> configuration) {
    try {
      var config = configuration.get();
      config.setOauthTokenProvider(new BearerToken(configuration, System::nanoTime));
      return new KubernetesClientBuilder().withConfig(config).build();
    } catch (RuntimeException e) {
      throw new InvalidClientConfigException(e);
    }
  }
}
