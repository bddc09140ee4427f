package dev.wiremesh.wireguard.linux.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Bindings of C functions. Every handle takes the thread's {@link #errnoState} as its first
 * argument: the virtual machine may overwrite errno between the return of a call and a second call
 * that reads it.
 *
 * <p>Pointers are passed as plain longs: handing over a segment of a shared arena costs two atomic
 * operations a call. Callers keep their memory alive. Handles belong in {@code static final}
 * fields, otherwise a call costs ten to a hundred times as much.
 */
final class NativeCall {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBC = LINKER.defaultLookup();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> THREAD_STATE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

  private NativeCall() {}

  /**
   * Binds a function of so many arguments, all ints or pointers: a handle of type {@code
   * (MemorySegment, long...)long}. Ints are passed as longs, in the same registers, so that handles
   * share a few shapes, each of which costs 20 ms at startup. For variable arguments the calling
   * conventions of Linux make no difference, as none is a floating-point number.
   */
  static MethodHandle of(String name, int arguments) {
    var types = new MemoryLayout[arguments];
    Arrays.fill(types, ValueLayout.JAVA_LONG);
    return LINKER.downcallHandle(
        LIBC.findOrThrow(name),
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, types),
        Linker.Option.captureCallState("errno"));
  }

  static MemorySegment errnoState() {
    return THREAD_STATE.get();
  }

  /** The result as the kernel itself gives it: not negative, or the negated error number. */
  static long result(long returned, MemorySegment state) {
    return returned >= 0 ? returned : -(int) ERRNO.get(state, 0L);
  }

  /** Like {@link #result}, of a function that returns an int: the upper half means nothing. */
  static int intResult(long returned, MemorySegment state) {
    return (int) result((int) returned, state);
  }

  /**
   * The error for an exception of a handle, which means a wrong function descriptor, never a failed
   * call.
   */
  static AssertionError bug(Throwable thrown) {
    return new AssertionError("a foreign call was bound wrongly", thrown);
  }
}
