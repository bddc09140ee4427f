package dev.wiremesh.wireguard.linux.udp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/** A batch of datagrams to send, and one for what is received. */
public final class Datagrams {
  final PacketBatch out = new PacketBatch(Arena.ofAuto(), 200, 1 << 20);
  final PacketBatch in = new PacketBatch(Arena.ofAuto(), 200, 1 << 20);

  /** Makes {@link #out} datagrams of these lengths. */
  void fill(int... lengths) {
    out.clear();
    for (int length : lengths) {
      for (int i = 0; i < length; i++) {
        out.slab().set(ValueLayout.JAVA_BYTE, out.nextOffset() + i, (byte) (i * 7));
      }
      out.add(length);
    }
  }

  MemorySegment sent(int i) {
    return out.slab().asSlice(out.offset(i), out.length(i));
  }

  /** Datagrams of these lengths, all of which are taken. */
  void send(LinuxUdpSocket from, UdpEndpoint to, int... lengths) throws IOException {
    fill(lengths);
    assertThat(from.send(out, 0, lengths.length, to)).isEqualTo(lengths.length);
  }

  /** Waits for datagrams, and gives the sender of the first. */
  UdpEndpoint receive(LinuxUdpSocket socket) throws IOException {
    socket.receive(in);
    return sender();
  }

  /** Of the first that was received. */
  UdpEndpoint sender() {
    return UdpEndpoint.require(Objects.requireNonNull(in.endpoint(0)));
  }
}
