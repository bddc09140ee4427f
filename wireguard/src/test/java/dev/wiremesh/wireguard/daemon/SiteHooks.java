package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.SiteRouterScript;
import dev.wiremesh.core.wgquick.WgQuickConfig.Hook;
import dev.wiremesh.core.wgquick.WgQuickConfig.HookPoint;
import dev.wiremesh.testkit.host.Host;
import java.util.ArrayList;
import java.util.List;

/** The hooks of site routers in a shell as wg-quick runs them, without wg-quick. */
final class SiteHooks {
  /** As execute_hooks of wg-quick. */
  private static final String RUN =
      "set -e -o pipefail; shopt -s extglob; export LC_ALL=C; for h; do (eval \"${h//%i/$INTERFACE}\"); done";

  /** The tool that the hooks find on a host. */
  enum Firewall {
    NFT,
    IPTABLES,
    NONE
  }

  private SiteHooks() {}

  /** Links the programs that hooks find: every one, or every one but nft, or none of the two. */
  static void offer(Firewall firewall, Host host) {
    host.exec("mkdir", "/run/bin");
    host.exec("sh", "-c", "IFS=:; for d in $PATH; do ln -sf \"$d\"/* /run/bin/ || true; done");
    switch (firewall) {
      case NFT -> {}
      case IPTABLES -> host.exec("rm", "/run/bin/nft");
      case NONE -> host.exec("rm", "/run/bin/nft", "/run/bin/iptables", "/run/bin/ip6tables");
    }
  }

  static void run(Host host, String device, List<SiteRoute> routes, HookPoint point) {
    var command =
        new ArrayList<>(
            List.of("env", "PATH=/run/bin", "INTERFACE=" + device, "bash", "-c", RUN, "hooks"));
    SiteRouterScript.hooks(routes).stream()
        .filter(hook -> hook.point() == point)
        .map(Hook::command)
        .peek(text -> assertThat(text).as("wg-quick ends a line there").doesNotContain("#"))
        .forEach(command::add);
    var result = host.command(command.toArray(String[]::new)).run();
    assertThat(result.errors()).isEmpty();
    assertThat(result.succeeded()).isTrue();
  }
}
