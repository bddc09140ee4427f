package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.control.ControlDutyCycle;
import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.TunDevice;
import dev.wiremesh.wireguard.peer.DeviceState;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sending, receiving and control threads of a device. If a cycle throws, its packets are lost,
 * the exception is logged, and the thread continues.
 */
final class DeviceThreads {
  private static final Logger log = LoggerFactory.getLogger(DeviceThreads.class);

  private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

  private final UserSpaceDevice device;
  private final TunDevice tun;
  private final DeviceState state;
  private final Runnable lowerPriority;
  private volatile List<Thread> threads = List.of();
  private volatile boolean running;

  DeviceThreads(UserSpaceDevice device, TunDevice tun, DeviceState state, Runnable lowerPriority) {
    this.device = device;
    this.tun = tun;
    this.state = state;
    this.lowerPriority = lowerPriority;
  }

  void start() {
    running = true;
    var name = tun.name();
    var control = Thread.ofPlatform().name(name + "-control").unstarted(this::control);
    threads =
        List.of(
            Thread.ofPlatform().name(name + "-send").unstarted(this::send),
            Thread.ofPlatform().name(name + "-receive").unstarted(this::receive),
            control);
    state.wakeQueue.setControlThread(control);
    threads.forEach(Thread::start);
  }

  /** Wakes pausing threads after a change that they may wait for. */
  void wake() {
    threads.forEach(LockSupport::unpark);
  }

  /**
   * Stops the threads; the TUN and the socket must be closed already.
   *
   * @return false if a thread may still be running
   */
  boolean stop() {
    running = false;
    wake();
    try {
      for (var thread : threads) {
        if (!thread.join(STOP_TIMEOUT)) {
          log.atError()
              .addKeyValue("thread", thread.getName())
              .log("Timed out waiting for a packet thread");
          return false;
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void send() {
    while (running) {
      try {
        device.outbound().doWork();
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException | RuntimeException e) {
        pauseAfter(e, "sending");
      }
    }
  }

  private void receive() {
    while (running) {
      Bind socket = device.bind();
      if (socket == null) {
        LockSupport.parkNanos(PAUSE_NANOS);
        continue;
      }
      try {
        device.inbound().doWork(socket);
      } catch (ClosedChannelException e) {
        if (socket.equals(device.bind())) {
          LockSupport.parkNanos(PAUSE_NANOS); // the interface is being closed
        }
      } catch (IOException | RuntimeException e) {
        pauseAfter(e, "receiving");
      }
    }
  }

  private void control() {
    lowerPriority.run();
    while (running) {
      try {
        if (device.controlWork() > 0) {
          continue;
        }
        long idle = device.controlIdleNanos();
        // stop() wakes this thread only once, perhaps while it waits for the lock.
        if (running) {
          ControlDutyCycle.idle(idle);
        }
      } catch (RuntimeException e) {
        pauseAfter(e, "control");
      }
    }
  }

  private void pauseAfter(Exception e, String where) {
    if (running) {
      log.atError()
          .addKeyValue("interface", tun.name())
          .addKeyValue("thread", where)
          .setCause(e)
          .log("A cycle of the packet path failed");
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
