package dev.wiremesh.cli.conf;

/** The formats of a client configuration. */
enum ConfFormat {
  WG_QUICK("wg-quick"),
  NETWORKD("networkd"),
  OPENWRT("openwrt");

  private final String text;

  ConfFormat(String text) {
    this.text = text;
  }

  /** The name on the command line. */
  @Override
  public String toString() {
    return text;
  }
}
