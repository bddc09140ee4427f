package dev.wiremesh.cli.kube;

import java.io.IOException;

/** A connection to the API server with the user's credentials. For one thread. */
interface ApiTransport extends AutoCloseable {
  /** The URL of the API server, with a slash at its end. */
  String server();

  /**
   * Sends a GET request, once.
   *
   * @param path behind the server's URL, without a slash at its start
   * @throws IOException if there is no answer
   */
  ApiAnswer get(String path) throws IOException;

  @Override
  void close();
}
