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
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CoalescerTest {
  private static final Packet TCP =
      new Packet(
          true,
          true,
          1,
          7,
          64,
          1000,
          555,
          Packet.ACK,
          500,
          new byte[] {1, 1, 8, 10},
          new byte[100]);
  private static final Packet UDP =
      new Packet(false, false, 1, 0, 64, 0, 0, 0, 0, new byte[0], new byte[100]);

  @Test
  void packetsThatFollowBecomeOne() {
    assertThat(framesOf(TCP, next(TCP, 1), next(TCP, 2))).containsExactly(3);
  }

  @Test
  void aShorterPacketIsTheLast() {
    var shorter = TCP.with(1100, 8, Packet.ACK, new byte[40]);
    var after = TCP.with(1140, 9, Packet.ACK, new byte[40]);
    assertThat(framesOf(TCP, shorter, after)).containsExactly(2, 1);
  }

  @Test
  void aLongerPacketBegins() {
    assertThat(framesOf(TCP, TCP.with(1100, 8, Packet.ACK, new byte[101]))).containsExactly(1, 1);
  }

  @Test
  void aPushEnds() {
    var push = TCP.with(1100, 8, Packet.ACK | Packet.PSH, new byte[100]);
    assertThat(framesOf(TCP, push, next(TCP, 2))).containsExactly(2, 1);
  }

  @Test
  void aHoleEnds() {
    assertThat(framesOf(TCP, next(TCP, 2), next(TCP, 3))).containsExactly(1, 2);
  }

  @Test
  void whatIsNotDataStaysInItsPlace() {
    var end = next(TCP, 1).with(1100, 8, Packet.ACK | Packet.FIN, new byte[100]);
    var pure = TCP.with(1100, 8, Packet.ACK, new byte[0]);
    assertThat(framesOf(TCP, end, next(TCP, 2))).containsExactly(1, 1, 1);
    assertThat(framesOf(TCP, pure, next(TCP, 1))).containsExactly(1, 1, 1);
  }

  @Test
  void headersMustBeEqual() {
    assertThat(framesOf(TCP, next(TCP, 1).withTtl(63))).containsExactly(1, 1);
    assertThat(framesOf(TCP, next(TCP, 1).withAcknowledgement(556))).containsExactly(1, 1);
  }

  @Test
  void flowsAreJoinedSideBySide() {
    var other = host(TCP, 2);
    assertThat(framesOf(TCP, other, next(TCP, 1), next(other, 1))).containsExactly(2, 2);
  }

  @Test
  void datagramsAreJoinedIfThatIsWanted() {
    assertThat(framesOf(UDP, UDP, UDP)).containsExactly(3);
    assertThat(arrange(new Coalescer(128, false), UDP, UDP).sizes).containsExactly(1, 1);
  }

  @Test
  void noMoreDatagramsAreJoinedThanAnyKernelTakes() {
    var many = new Packet[100];
    Arrays.fill(many, UDP);
    assertThat(framesOf(many)).containsExactly(64, 36);
    var stream = IntStream.range(0, 100).mapToObj(i -> next(TCP, i)).toArray(Packet[]::new);
    assertThat(framesOf(stream)).containsExactly(100);
  }

  @Test
  void restoredHeadersAreThoseThatCame() {
    for (var packet : List.of(TCP, UDP)) {
      var coalescer = new Coalescer(128, true);
      var batch = batch(new byte[][] {packet.bytes(), next(packet, 1).bytes()});
      assertThat(coalescer.arrange(batch)).isEqualTo(1);
      coalescer.complete(batch, 0, Arena.ofAuto().allocate(VirtioHeader.BYTES), 0);
      coalescer.restore(batch, 0);
      var first = batch.slab().asSlice(batch.offset(0), batch.length(0));
      assertThat(first.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(packet.bytes());
    }
  }

  @Test
  void otherPacketsAreLeftAlone() {
    var random = new SplittableRandom(3);
    for (int round = 0; round < 3000; round++) {
      var packets = new byte[1 + random.nextInt(6)][];
      for (int i = 0; i < packets.length; i++) {
        packets[i] = new byte[random.nextInt(120)];
        random.nextBytes(packets[i]);
        if (packets[i].length > 9) {
          packets[i][0] = 0x45;
          packets[i][9] = 6;
        }
      }
      var result = new Result(new Coalescer(128, true), packets);
      assertThat(result.sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(packets.length);
    }
  }

  /** What is joined and cut again are the same packets, and no flow changes its order. */
  @Test
  void cuttingUndoesJoining() {
    for (long seed = 0; seed < 400; seed++) {
      var random = new SplittableRandom(seed);
      var packets = new ArrayList<Packet>();
      var flows = new Packet[1 + random.nextInt(4)];
      for (int i = 0; i < flows.length; i++) {
        boolean tcp = random.nextInt(3) > 0;
        flows[i] =
            new Packet(
                random.nextInt(2) == 0,
                tcp,
                i,
                random.nextInt(60_000),
                64,
                random.nextLong(),
                77,
                Packet.ACK,
                500,
                new byte[tcp ? 12 : 0],
                new byte[0]);
      }
      for (int n = random.nextInt(100) + 1; n > 0; n--) {
        int which = random.nextInt(flows.length);
        var payload = new byte[random.nextInt(4) == 0 ? 1 + random.nextInt(1300) : 1300];
        random.nextBytes(payload);
        int flags = Packet.ACK | (random.nextInt(9) == 0 ? Packet.PSH : 0);
        var packet = flows[which].with(flows[which].sequence(), flows[which].id(), flags, payload);
        packets.add(packet);
        flows[which] =
            packet.with(
                packet.sequence() + payload.length, packet.id() + 1, Packet.ACK, new byte[0]);
      }
      var result = arrange(new Coalescer(128, true), packets.toArray(new Packet[0]));
      for (int host = 0; host < flows.length; host++) {
        int its = host;
        var sent = packets.stream().filter(p -> p.host() == its).map(Packet::bytes).toList();
        assertThat(result.cutAgain(host)).as("seed %d", seed).isEqualTo(hex(sent));
      }
    }
  }

  private static Packet next(Packet packet, int steps) {
    int length = packet.payload().length;
    return packet.with(
        packet.sequence() + (long) steps * length,
        packet.id() + steps,
        Packet.ACK,
        packet.payload());
  }

  private static Packet host(Packet p, int host) {
    return new Packet(
        p.v4(),
        p.tcp(),
        host,
        p.id(),
        p.ttl(),
        p.sequence(),
        p.acknowledgement(),
        p.flags(),
        p.window(),
        p.tcpOptions(),
        p.payload());
  }

  private static List<Integer> framesOf(Packet... packets) {
    return arrange(new Coalescer(128, true), packets).sizes;
  }

  private static Result arrange(Coalescer coalescer, Packet... packets) {
    return new Result(coalescer, Arrays.stream(packets).map(Packet::bytes).toArray(byte[][]::new));
  }

  private static PacketBatch batch(byte[][] packets) {
    var batch = new PacketBatch(Arena.ofAuto(), 128, 512 * 1024);
    for (var packet : packets) {
      MemorySegment.copy(
          packet, 0, batch.slab(), ValueLayout.JAVA_BYTE, batch.nextOffset(), packet.length);
      batch.add(packet.length);
    }
    return batch;
  }

  private static String hex(List<byte[]> packets) {
    var hashes = new StringBuilder();
    for (var packet : packets) {
      hashes.append(packet.length).append('#').append(Arrays.hashCode(packet)).append(' ');
    }
    return hashes.toString();
  }

  /** The frames of a batch, as they would go into a TUN. */
  private static final class Result {
    final List<Integer> sizes = new ArrayList<>();
    final List<byte[]> written = new ArrayList<>();

    Result(Coalescer coalescer, byte[][] packets) {
      var batch = batch(packets);
      var virtio = Arena.ofAuto().allocate(VirtioHeader.BYTES);
      int frames = coalescer.arrange(batch);
      for (int frame = 0; frame < frames; frame++) {
        sizes.add(coalescer.packets(frame));
        var out = new ByteArrayOutputStream();
        int packet = coalescer.firstPacket(frame);
        int headerBytes = 0;
        VirtioHeader.clear(virtio, 0);
        if (coalescer.packets(frame) > 1) {
          headerBytes = coalescer.complete(batch, frame, virtio, 0);
        }
        out.writeBytes(virtio.toArray(ValueLayout.JAVA_BYTE));
        for (int skip = 0; packet >= 0; packet = coalescer.nextPacket(packet), skip = headerBytes) {
          out.writeBytes(
              batch
                  .slab()
                  .asSlice(batch.offset(packet) + skip, batch.length(packet) - skip)
                  .toArray(ValueLayout.JAVA_BYTE));
        }
        assertThat(out.size() - VirtioHeader.BYTES).isEqualTo(coalescer.bytes(frame));
        written.add(out.toByteArray());
      }
    }

    /**
     * The packets with this source, in order, after the kernel's part is done by our other half.
     */
    String cutAgain(int host) {
      var superframe = new Superframe(Arena.ofAuto());
      var packets = new ArrayList<byte[]>();
      for (var frame : written) {
        boolean v4 = frame[VirtioHeader.BYTES] >>> 4 == 4;
        if (frame[VirtioHeader.BYTES + (v4 ? 15 : 23)] != host) {
          continue;
        }
        MemorySegment.copy(frame, 0, superframe.memory(), ValueLayout.JAVA_BYTE, 0, frame.length);
        assertThat(superframe.accept(frame.length)).isTrue();
        var batch = new PacketBatch(Arena.ofAuto(), 128, 512 * 1024);
        superframe.fill(batch);
        for (int i = 0; i < batch.count(); i++) {
          packets.add(
              batch
                  .slab()
                  .asSlice(batch.offset(i), batch.length(i))
                  .toArray(ValueLayout.JAVA_BYTE));
        }
      }
      return hex(packets);
    }
  }
}
