package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.crypto.JdkCipherBackend;
import dev.wiremesh.wireguard.daemon.Invocation.LogLevel;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.netlink.NetlinkException;
import dev.wiremesh.wireguard.linux.netlink.NetlinkMonitor;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import dev.wiremesh.wireguard.linux.tun.LinuxTun;
import dev.wiremesh.wireguard.linux.udp.LinuxUdpSocket;
import dev.wiremesh.wireguard.linux.unix.UnixListener;
import dev.wiremesh.wireguard.offload.Offloads;
import dev.wiremesh.wireguard.uapi.UapiSocket;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Opens something again and again, whole and half-way, and says what is left of it: descriptors,
 * threads, memory outside the heap, files. A program, because it uses up its own descriptors.
 */
final class LeakProbe {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int ROUNDS = 50;
  private static final Pattern OTHER = Pattern.compile("tag=Other #(\\d+)");

  /** The resources that are opened and closed. */
  enum Thing {
    UDP_SOCKET {
      @Override
      void use(boolean fully) throws Exception {
        try (var socket = LinuxUdpSocket.open(0, 0);
            var memory = Arena.ofConfined()) {
          var batch = new PacketBatch(memory, 4, 1 << 17);
          if (fully) {
            batch.add(100);
            socket.send(batch, 0, 1, UdpEndpoint.of(IpAddress.v4(0x7f000001), socket.port()));
            socket.receive(batch);
          }
        }
      }
    },
    TUN {
      @Override
      void use(boolean fully) throws Exception {
        LinuxTun.open("lk0").close();
      }
    },
    UNIX_LISTENER {
      @Override
      void use(boolean fully) throws Exception {
        var path = Path.of("/run/leak.sock");
        try {
          UnixListener.bind(path).close();
          Files.delete(path);
        } finally {
          assertThat(path).doesNotExist();
        }
      }
    },
    NETLINK_MONITOR {
      @Override
      void use(boolean fully) throws Exception {
        try (var monitor = NetlinkMonitor.open(NetlinkMonitor.Topic.LINKS)) {
          monitor.stop();
          monitor.run(change -> {});
          monitor.close();
          monitor.stop();
        }
      }
    },
    DAEMON {
      @Override
      void use(boolean fully) throws Exception {
        var run = new Invocation.Run("lk0", null, null, null, LogLevel.ERROR);
        try {
          var daemon = Daemon.start(run, new JdkCipherBackend(), Offloads.ALL);
          try {
            if (fully) {
              ask();
            }
          } finally {
            daemon.close();
          }
        } finally {
          assertThat(UapiSocket.pathOf("lk0")).doesNotExist();
        }
      }

      private static void ask() throws IOException {
        try (var client =
            SocketChannel.open(UnixDomainSocketAddress.of(UapiSocket.pathOf("lk0")))) {
          client.write(ByteBuffer.wrap("get=1\n\n".getBytes(StandardCharsets.US_ASCII)));
          assertThat(client.read(ByteBuffer.allocate(100))).isPositive();
        }
      }
    };

    /**
     * Opens it and closes it.
     *
     * @param fully whether it is used meanwhile, for which it may need more
     */
    abstract void use(boolean fully) throws Exception;
  }

  /** Resources of this process: descriptors, except those of the virtual machine; threads. */
  private static List<String> holdings() {
    var all = new ArrayList<String>();
    var names = Path.of("/proc/self/fd").toFile().list();
    for (var name : names == null ? new String[0] : names) {
      try {
        var file = Files.readSymbolicLink(Path.of("/proc/self/fd", name)).toString();
        if (!file.endsWith(".jar") && !file.endsWith("random")) {
          all.add(name + " " + file);
        }
      } catch (IOException e) {
        // The descriptor by which the list was read, or one that another thread has just closed.
      }
    }
    Thread.getAllStackTraces().keySet().forEach(thread -> all.add("thread " + thread.getName()));
    return all;
  }

  private LeakProbe() {}

  public static void main(String[] arguments) throws Exception {
    var thing = Thing.valueOf(arguments[0]);
    // Java's own channels keep one descriptor for all of them.
    SocketChannel.open(StandardProtocolFamily.UNIX).close();
    var before = holdings();
    warmUp(thing, before);
    closedWhole(thing, before);
    closedHalfWay(thing, before);
  }

  /** Everything is loaded before there are no descriptors left to load it with. */
  private static void warmUp(Thing thing, List<String> before) throws Exception {
    Class.forName(SystemCallException.class.getName());
    Class.forName(NetlinkException.class.getName());
    assertThat(Errno.describe(Errno.EMFILE)).isNotEmpty();
    useFully(thing, 3);
    assertThat(segments()).isPositive();
    awaitNothingLeft(before);
  }

  /** On a thread that ends: threads keep something for each socket. */
  private static void useFully(Thing thing, int rounds) throws Exception {
    try (var thread = Executors.newSingleThreadExecutor()) {
      for (int i = 0; i < rounds; i++) {
        thread
            .submit(() -> {
              thing.use(true);
              return thing;
            })
            .get();
      }
    }
  }

  private static void closedWhole(Thing thing, List<String> before) throws Exception {
    long segments = segments();
    useFully(thing, ROUNDS);
    awaitNothingLeft(before);
    await()
        .pollInSameThread()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(segments())
                .as(
                    "pieces of memory outside the heap after %d rounds, %d before",
                    ROUNDS, segments)
                .isLessThan(segments + ROUNDS / 2));
  }

  /** With no descriptor left, then with one, and so on until there are enough. */
  private static void closedHalfWay(Thing thing, List<String> before) throws Exception {
    int free = 0;
    while (!worksWith(free, thing)) {
      awaitNothingLeft(before);
      free++;
    }
    awaitNothingLeft(before);
    assertThat(free).as("descriptors that it needs").isPositive();
  }

  private static boolean worksWith(int free, Thing thing) throws Exception {
    var taken = new ArrayList<Integer>();
    try {
      int fd = nothing();
      while (fd >= 0) {
        taken.add(fd);
        fd = nothing();
      }
      for (int i = 0; i < free; i++) {
        Libc.close(taken.removeLast());
      }
      thing.use(false);
      return true;
    } catch (IOException e) {
      return false;
    } finally {
      taken.forEach(Libc::close);
    }
  }

  private static int nothing() {
    return Libc.open("/dev/null", Libc.O_RDONLY | Libc.O_CLOEXEC);
  }

  private static void awaitNothingLeft(List<String> before) {
    await()
        .pollInSameThread()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(holdings()).hasSameElementsAs(before));
  }

  /** Memory segments: the category Other of the JVM's native memory summary. */
  private static long segments() throws JMException {
    System.gc();
    var summary =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "vmNativeMemory",
                    new Object[] {new String[] {"summary"}},
                    new String[] {String[].class.getName()});
    var other = OTHER.matcher(summary);
    assertThat(other.find()).as(summary).isTrue();
    return Long.parseLong(other.group(1));
  }
}
