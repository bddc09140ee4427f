package dev.wiremesh.wireguard.offload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.io.PacketBatch;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The GRO packets of a batch, as they would be written to a TUN.
 *
 * @param sizes packets in each
 * @param written virtio header and bytes of each
 */
record Frames(List<Integer> sizes, List<byte[]> written) {
  static Frames of(Packet... packets) {
    return of(Arrays.stream(packets).map(Packet::bytes).toArray(byte[][]::new));
  }

  static Frames of(byte[]... packets) {
    return by(new GroCoalescer(128, true), packets);
  }

  static Frames by(GroCoalescer coalescer, byte[]... packets) {
    var frames = new Frames(new ArrayList<>(), new ArrayList<>());
    var batch = batch(packets);
    var virtio = Arena.ofAuto().allocate(VirtioHeader.BYTES);
    int count = coalescer.arrange(batch);
    for (int frame = 0; frame < count; frame++) {
      frames.sizes.add(coalescer.packets(frame));
      var out = new ByteArrayOutputStream();
      int packet = coalescer.firstPacket(frame);
      int headerBytes = 0;
      VirtioHeader.clear(virtio, 0);
      if (coalescer.packets(frame) > 1) {
        headerBytes = coalescer.complete(batch, frame, virtio, 0);
      }
      out.writeBytes(virtio.toArray(ValueLayout.JAVA_BYTE));
      for (int skip = 0; packet >= 0; packet = coalescer.nextPacket(packet), skip = headerBytes) {
        out.writeBytes(bytes(batch, packet, skip));
      }
      assertThat(out.size() - VirtioHeader.BYTES).isEqualTo(coalescer.bytes(frame));
      frames.written.add(out.toByteArray());
    }
    return frames;
  }

  static PacketBatch batch(byte[]... packets) {
    var batch = new PacketBatch(Arena.ofAuto(), 128, 512 * 1024);
    for (var packet : packets) {
      MemorySegment.copy(
          packet, 0, batch.slab(), ValueLayout.JAVA_BYTE, batch.nextOffset(), packet.length);
      batch.add(packet.length);
    }
    return batch;
  }

  static byte[] bytes(PacketBatch batch, int packet, int skip) {
    return batch
        .slab()
        .asSlice(batch.offset(packet) + skip, batch.length(packet) - skip)
        .toArray(ValueLayout.JAVA_BYTE);
  }

  /**
   * The packets with this source, in order, segmented again by {@link GsoSplitter} in the kernel's
   * place.
   */
  List<byte[]> cutAgain(int host) {
    var cutter = new Cutter();
    var packets = new ArrayList<byte[]>();
    for (var frame : written) {
      boolean v4 = frame[VirtioHeader.BYTES] >>> 4 == 4;
      if (frame[VirtioHeader.BYTES + (v4 ? 15 : 23)] == host) {
        assertThat(cutter.accepts(frame)).isTrue();
        packets.addAll(cutter.packets(128));
      }
    }
    return packets;
  }
}
