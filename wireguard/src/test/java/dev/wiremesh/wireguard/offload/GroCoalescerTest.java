package dev.wiremesh.wireguard.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroCoalescerTest {
  private static final Packet TCP = Packet.sample(true, true);
  private static final Packet UDP = Packet.sample(true, false);

  @Test
  void packetsThatFollowBecomeOne() {
    assertThat(framesOf(TCP, TCP.later(1), TCP.later(2))).containsExactly(3);
  }

  @Test
  void aShorterPacketIsTheLast() {
    var shorter = TCP.with(1100, 8, Packet.ACK, new byte[40]);
    var after = TCP.with(1140, 9, Packet.ACK, new byte[40]);
    assertThat(framesOf(TCP, shorter, after)).containsExactly(2, 1);
    assertThat(framesOf(UDP, UDP.withPayload(40), UDP.withPayload(40))).containsExactly(2, 1);
  }

  @Test
  void aLongerPacketBegins() {
    assertThat(framesOf(TCP, TCP.later(1).withPayload(101))).containsExactly(1, 1);
    assertThat(framesOf(UDP, UDP.withPayload(101))).containsExactly(1, 1);
  }

  @Test
  void aPushEnds() {
    var push = TCP.later(1).withFlags(Packet.ACK | Packet.PSH);
    assertThat(framesOf(TCP, push, TCP.later(2))).containsExactly(2, 1);
    assertThat(framesOf(push, TCP.later(2), TCP.later(3))).containsExactly(1, 2);
  }

  @Test
  void aHoleEnds() {
    assertThat(framesOf(TCP, TCP.later(2), TCP.later(3))).containsExactly(1, 2);
  }

  @Test
  void packetsWithoutDataKeepTheirPlace() {
    var end = TCP.later(1).withFlags(Packet.ACK | Packet.FIN);
    var pure = TCP.later(1).withPayload(0);
    assertThat(framesOf(TCP, end, TCP.later(2))).containsExactly(1, 1, 1);
    assertThat(framesOf(TCP, pure, TCP.later(1))).containsExactly(1, 1, 1);
  }

  @Test
  void flowsAreJoinedSideBySide() {
    var other = TCP.withHost(2);
    assertThat(framesOf(TCP, other, TCP.later(1), other.later(1))).containsExactly(2, 2);
  }

  @Test
  void datagramsAreJoinedIfThatIsWanted() {
    assertThat(framesOf(UDP, UDP, UDP)).containsExactly(3);
    var without = Frames.by(new GroCoalescer(128, false), UDP.bytes(), UDP.bytes());
    assertThat(without.sizes()).containsExactly(1, 1);
  }

  @Test
  void noMoreDatagramsAreJoinedThanAnyKernelTakes() {
    var many = new Packet[100];
    Arrays.fill(many, UDP);
    assertThat(framesOf(many)).containsExactly(64, 36);
    var stream = IntStream.range(0, 100).mapToObj(TCP::later).toArray(Packet[]::new);
    assertThat(framesOf(stream)).containsExactly(100);
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void aFrameIsAsLongAsAnIpPacketMayBe(boolean v4, boolean tcp) {
    var packet = Packet.sample(v4, tcp);
    int room = 65_535 - packet.headerBytes();
    var first = packet.withPayload(room / 2 + 1);
    var fits = first.later(1).withPayload(room - room / 2 - 1);
    var tooLong = first.later(1).withPayload(room - room / 2);
    assertThat(framesOf(first, fits)).containsExactly(2);
    assertThat(framesOf(first, tooLong)).containsExactly(1, 1);
  }

  @Test
  void restoredHeadersAreThoseThatCame() {
    for (var packet : List.of(TCP, UDP)) {
      var coalescer = new GroCoalescer(128, true);
      var batch = Frames.batch(packet.bytes(), packet.later(1).bytes());
      assertThat(coalescer.arrange(batch)).isEqualTo(1);
      coalescer.complete(batch, 0, Arena.ofAuto().allocate(VirtioHeader.BYTES), 0);
      coalescer.restore(batch, 0);
      assertThat(Frames.bytes(batch, 0, 0)).isEqualTo(packet.bytes());
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
      var sizes = Frames.of(packets).sizes();
      assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(packets.length);
    }
  }

  /** Joined and segmented again, the packets are the same, and each flow keeps its order. */
  @Test
  void cuttingUndoesJoining() {
    for (long seed = 0; seed < 400; seed++) {
      var random = new SplittableRandom(seed);
      var packets = new ArrayList<Packet>();
      var flows = new Packet[1 + random.nextInt(4)];
      for (int i = 0; i < flows.length; i++) {
        boolean tcp = random.nextInt(3) > 0;
        flows[i] =
            Packet.sample(random.nextInt(2) == 0, tcp)
                .withHost(i)
                .withTcpOptions(new byte[tcp ? 12 : 0])
                .with(random.nextLong(), random.nextInt(65_536), Packet.ACK, new byte[0])
                .withId(random.nextInt(2) == 0, random.nextInt(65_536));
      }
      for (int n = random.nextInt(100) + 1; n > 0; n--) {
        int which = random.nextInt(flows.length);
        var flow = flows[which];
        var payload = new byte[random.nextInt(4) == 0 ? 1 + random.nextInt(1300) : 1300];
        random.nextBytes(payload);
        int flags = Packet.ACK | (random.nextInt(9) == 0 ? Packet.PSH : 0);
        // Others may have taken some of a sender's IDs.
        int id = flow.id() + (!flow.df() && random.nextInt(5) == 0 ? random.nextInt(3) : 0);
        packets.add(flow.with(flow.sequence(), id, flags, payload));
        flows[which] = flow.with(flow.sequence() + payload.length, id + 1, Packet.ACK, new byte[0]);
      }
      var frames = Frames.of(packets.toArray(new Packet[0]));
      for (int host = 0; host < flows.length; host++) {
        int its = host;
        var sent = packets.stream().filter(p -> p.host() == its).map(Packet::bytes).toList();
        assertThat(Cutter.readable(frames.cutAgain(host)))
            .as("seed %d", seed)
            .isEqualTo(Cutter.readable(sent));
      }
    }
  }

  private static List<Integer> framesOf(Packet... packets) {
    return Frames.of(packets).sizes();
  }
}
