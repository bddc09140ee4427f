package dev.wiremesh.wireguard.linux.unix;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.RefCountedDescriptors;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * One end of a Unix stream socket. One thread reads, one thread writes; any thread may close, which
 * ends the other two.
 */
public final class UnixConnection implements AutoCloseable {
  private static final int BUFFER_BYTES = 16 << 10;
  private static final int SHUT_RDWR = 2;
  private static final int SOL_SOCKET = 1;
  private static final int SO_SNDTIMEO = 21;

  private final int fd;
  private final RefCountedDescriptors descriptors;

  UnixConnection(int fd) {
    this.fd = fd;
    descriptors = new RefCountedDescriptors(fd);
  }

  /**
   * Makes a write fail that the other end does not accept within this time; by default it blocks.
   */
  public void setSendTimeout(Duration timeout) throws IOException {
    descriptors.acquire();
    try (var arena = Arena.ofConfined()) {
      var value = arena.allocateFrom(JAVA_LONG, timeout.toSeconds(), timeout.toNanosPart() / 1000);
      SystemCallException.check(
          Sockets.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, value), "setsockopt SO_SNDTIMEO");
    } finally {
      descriptors.release();
    }
  }

  /** A stream whose buffer is allocated from {@code memory} of the reading thread. */
  public InputStream input(Arena memory) {
    return new Input(memory.allocate(BUFFER_BYTES));
  }

  /**
   * An unbuffered stream: one system call for each 16 KiB, copied through {@code memory} of the
   * writing thread.
   */
  public OutputStream output(Arena memory) {
    return new Output(memory.allocate(BUFFER_BYTES));
  }

  @Override
  public void close() {
    descriptors.ifOpen(() -> Sockets.shutdown(fd, SHUT_RDWR));
    descriptors.close();
  }

  private final class Input extends InputStream {
    private final MemorySegment buffer;

    Input(MemorySegment buffer) {
      this.buffer = buffer;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      descriptors.acquire();
      try {
        long n;
        do {
          n = Libc.read(fd, buffer.address(), Math.min(length, BUFFER_BYTES));
        } while (n == -Errno.EINTR);
        if (n == -Errno.ECONNRESET) {
          return -1;
        }
        SystemCallException.check(n, "read from Unix socket");
        MemorySegment.copy(buffer, JAVA_BYTE, 0, into, from, (int) n);
        return n == 0 ? -1 : (int) n;
      } finally {
        descriptors.release();
      }
    }
  }

  private final class Output extends OutputStream {
    private final MemorySegment buffer;

    Output(MemorySegment buffer) {
      this.buffer = buffer;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      descriptors.acquire();
      try {
        int done = 0;
        while (done < length) {
          int chunk = Math.min(length - done, BUFFER_BYTES);
          MemorySegment.copy(bytes, from + done, buffer, JAVA_BYTE, 0, chunk);
          long n = Sockets.send(fd, buffer.address(), chunk, Sockets.MSG_NOSIGNAL);
          if (n != -Errno.EINTR) {
            done += SystemCallException.checkInt(n, "write to Unix socket");
          }
        }
      } finally {
        descriptors.release();
      }
    }
  }
}
