package dev.wiremesh.wireguard.crypto.vector;

import static dev.wiremesh.wireguard.crypto.vector.Width.INT_LANES;
import static dev.wiremesh.wireguard.crypto.vector.Width.LONG_LANES;

import dev.wiremesh.wireguard.crypto.BoundsChecks;
import dev.wiremesh.wireguard.crypto.CipherKey;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.crypto.PacketLayout;
import java.lang.ref.Reference;
import java.util.Arrays;

/**
 * Cipher that processes several packets side by side in the lanes of wide vectors. The life of a
 * batch:
 *
 * <ol>
 *   <li>all ranges are checked, because the steps below use memory by address;
 *   <li>the packets are sorted by length, so that neighbours need the same number of steps;
 *   <li>as many of them as fit get their keystream: a lane of {@link ChaCha20} is a block of any of
 *       them, block 0 being the key of the packet's tag;
 *   <li>neighbours form groups ({@link PacketLanes}): a lane of {@link Poly1305} is a packet;
 *       packets that fill no group are processed alone, a lane being a block;
 *   <li>tags are written, or compared without a branch;
 *   <li>key and keystream in memory are wiped.
 * </ol>
 *
 * <p>Time depends on the number and lengths of the packets, never on key or content.
 */
final class VectorPacketCipher implements PacketCipher {
  /** Keystream that is made ahead, in blocks: enough for a group, few enough for the cache. */
  private static final int BLOCKS_AHEAD = 256;

  /** Packets from this length on are faster one by one when less than half a group is left. */
  private static final int FEW_TOGETHER = 256;

  private final Scratch scratch = new Scratch();
  private final PacketLanes lanes = new PacketLanes(scratch);

  /** The batch in order of work; an element is {@code length << 32 | index}. */
  private long[] order = new long[128];

  /** For sealing: packet i of the batch has counter {@code nextCounters[i]}. */
  private long[] nextCounters = new long[128];

  /** First keystream block of each of the packets that are next in order. */
  private final int[] firstBlocks = new int[BLOCKS_AHEAD + LONG_LANES];

  /** The most blocks of keystream that lay in memory at a time. */
  private int blocksUsed;

  @Override
  public void seal(CipherKey key, PacketLayout packets, int from, int count, long firstCounter) {
    BoundsChecks.checkSeal(packets, from, count);
    order(packets.lengths(), from, count, 0);
    if (nextCounters.length < from + count) {
      nextCounters = new long[from + count];
    }
    for (int i = 0; i < count; i++) {
      nextCounters[from + i] = firstCounter + i;
    }
    begin(key);
    for (int at = 0, end; at < count; at = end) {
      end = makeKeystream(at, count, nextCounters);
      for (int first = at, members; first < end; first += members) {
        members = groupSize(first, end);
        work(true, packets, first, members, at);
        for (int lane = 0; lane < members; lane++) {
          lanes.writeTag(lane);
        }
      }
    }
    finish(key, packets);
  }

  @Override
  public void open(
      CipherKey key, PacketLayout packets, int from, int count, long[] counters, long[] authentic) {
    BoundsChecks.checkOpen(packets, from, count);
    order(packets.lengths(), from, count, TAG_LENGTH);
    begin(key);
    for (int at = 0, end; at < count; at = end) {
      end = makeKeystream(at, count, counters);
      for (int first = at, members; first < end; first += members) {
        members = groupSize(first, end);
        work(false, packets, first, members, at);
        for (int lane = 0; lane < members; lane++) {
          int i = (int) order[first + lane];
          long right = lanes.tagIsRight(lane);
          authentic[i >>> 6] = (authentic[i >>> 6] & ~(1L << i)) | (right << i);
        }
      }
    }
    finish(key, packets);
  }

  private void begin(CipherKey key) {
    ChaCha20.expandKey(key.bytes().address(), key.noncePrefix(), scratch.initial);
    lanes.associate(key.associated());
  }

  private void order(int[] lengths, int from, int count, int tag) {
    if (order.length < count) {
      order = new long[Math.max(count, 2 * order.length)];
    }
    boolean inOrder = true;
    long previous = 0;
    for (int i = 0; i < count; i++) {
      long next = (long) (lengths[from + i] - tag) << 32 | (from + i);
      inOrder &= next >= previous;
      order[i] = previous = next;
    }
    if (!inOrder) {
      Arrays.sort(order, 0, count);
    }
  }

  private int length(int position) {
    return (int) (order[position] >>> 32);
  }

  /** The blocks of a packet's keystream, the first one for the key of its tag. */
  private int blocks(int position) {
    return 1 + (length(position) + ChaCha20.BLOCK - 1) / ChaCha20.BLOCK;
  }

  /**
   * Makes the keystream for whole groups from position {@code at} on.
   *
   * @return the position behind the last packet that has its keystream now
   */
  private int makeKeystream(int at, int count, long[] counters) {
    int end = at;
    int used = 0;
    while (end < count) {
      int members = groupSize(end, count);
      if (used > 0 && used + members * blocks(end + members - 1) > BLOCKS_AHEAD) {
        break;
      }
      for (int i = 0; i < members; i++, end++) {
        int blocks = blocks(end);
        firstBlocks[end - at] = used;
        ChaCha20.assignLanes(
            scratch.blockNumbers,
            scratch.nonceLow,
            scratch.nonceHigh,
            used,
            blocks,
            counters[(int) order[end]]);
        used += blocks;
      }
    }
    for (int block = 0; block < used; block += INT_LANES) {
      long lane = (long) Integer.BYTES * block;
      ChaCha20.blocks(
          scratch.initial,
          scratch.working,
          scratch.blockNumbers + lane,
          scratch.nonceLow + lane,
          scratch.nonceHigh + lane,
          scratch.keystream + (long) ChaCha20.BLOCK * block);
    }
    blocksUsed = Math.max(blocksUsed, used);
    return end;
  }

  /** Number of packets from this position on that are processed together. */
  private int groupSize(int position, int end) {
    int shortest = length(position);
    int longest = shortest + Keystream.COLUMN * PacketLanes.UNEVEN_COLUMNS;
    int blocks = blocks(position);
    int members = 1;
    while (members < LONG_LANES
        && position + members < end
        && length(position + members) <= longest
        && blocks + blocks(position + members) <= Scratch.MAX_BLOCKS) {
      blocks += blocks(position + members);
      members++;
    }
    return 2 * members > LONG_LANES || shortest < FEW_TOGETHER ? members : 1;
  }

  private void work(
      boolean sealing, PacketLayout packets, int first, int members, int firstWithKeystream) {
    long source = packets.source().address();
    long destination = packets.destination().address();
    for (int lane = 0; lane < members; lane++) {
      int i = (int) order[first + lane];
      lanes.set(
          lane,
          source + packets.sourceOffsets()[i],
          destination + packets.destinationOffsets()[i],
          scratch.keystream
              + (long) ChaCha20.BLOCK * firstBlocks[first + lane - firstWithKeystream],
          length(first + lane));
    }
    if (members == 1) {
      lanes.alone(sealing);
    } else {
      lanes.together(sealing, members);
    }
  }

  private void finish(CipherKey key, PacketLayout packets) {
    scratch.wipe(blocksUsed);
    lanes.wipe();
    blocksUsed = 0;
    // Until here their memory was in use by address.
    Reference.reachabilityFence(key);
    Reference.reachabilityFence(packets);
  }

  @Override
  public void close() {
    lanes.wipe();
    scratch.close();
  }
}
