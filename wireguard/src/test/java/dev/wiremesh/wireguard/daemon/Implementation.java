package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.Tools;

/** The WireGuard implementations under test. */
enum Implementation implements Maker {
  WIREMESH {
    @Override
    Command command(Host host, String name) {
      return host.command(Installation.bin("wiremesh"), "wg", name);
    }
  },
  /**
   * Ours, with a TUN and a socket that a parent opened, the TUN with virtio headers as wireguard-go
   * opens it.
   */
  WIREMESH_INHERITING {
    @Override
    Command command(Host host, String name) {
      return host.command("python3", "-c", PARENT, name, Installation.bin("wiremesh"), "wg", name);
    }
  },
  WIREGUARD_GO {
    @Override
    Command command(Host host, String name) {
      return host.command(Tools.find("wireguard-go").orElseThrow().toString(), name);
    }
  };

  private static final String PARENT =
      """
      import fcntl, os, socket, struct, sys
      name = sys.argv[1]
      tun = os.open("/dev/net/tun", os.O_RDWR)
      IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x1, 0x1000, 0x4000
      flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR
      fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", name.encode(), flags))
      os.makedirs("/var/run/wireguard", exist_ok=True)
      uapi = socket.socket(socket.AF_UNIX)
      uapi.bind("/var/run/wireguard/" + name + ".sock")
      uapi.listen()
      os.dup2(tun, 13)
      os.dup2(uapi.fileno(), 14)
      os.environ.update(WG_TUN_FD="13", WG_UAPI_FD="14")
      os.execv(sys.argv[2], sys.argv[2:])
      """;

  /** The command that creates an interface and returns when it exists. */
  abstract Command command(Host host, String name);

  @Override
  public void make(Host host, String name) {
    command(host, name).check();
  }
}
