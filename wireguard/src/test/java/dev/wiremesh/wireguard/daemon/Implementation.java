package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.Tools;

/** Who runs an interface. */
enum Implementation {
  WIREMESH {
    @Override
    Command command(Host host, String name) {
      return host.command(Installation.bin("wiremesh"), "wg", name);
    }
  },
  WIREGUARD_GO {
    @Override
    Command command(Host host, String name) {
      return host.command(Tools.find("wireguard-go").orElseThrow().toString(), name);
    }
  };

  /** What makes an interface and returns when it is there. */
  abstract Command command(Host host, String name);
}
