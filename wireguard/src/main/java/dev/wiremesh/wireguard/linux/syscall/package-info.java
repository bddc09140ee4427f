/**
 * System calls by the foreign function interface, and what every user of file descriptors needs.
 */
@NullMarked
package dev.wiremesh.wireguard.linux.syscall;

import org.jspecify.annotations.NullMarked;
