package dev.wiremesh.cli.kube;

/** The longest time that a connection and an answer may take. */
record RequestTimeouts(int connectMillis, int answerMillis) {
  /** The sentence about a server that does not accept a connection. */
  String noConnection() {
    return "it does not answer within %d s".formatted(connectMillis / 1000);
  }
}
