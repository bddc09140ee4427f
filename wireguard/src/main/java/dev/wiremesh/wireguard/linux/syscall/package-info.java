/**
 * System calls through the foreign function and memory API, and the handling of file descriptors
 * around them.
 */
@NullMarked
package dev.wiremesh.wireguard.linux.syscall;

import org.jspecify.annotations.NullMarked;
