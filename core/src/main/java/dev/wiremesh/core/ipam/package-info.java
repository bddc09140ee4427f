/**
 * Address allocation: pools, reserved ranges, static requests, quarantine. Pure rules over the
 * current leases; the caller makes the allocation atomic.
 */
@NullMarked
package dev.wiremesh.core.ipam;

import org.jspecify.annotations.NullMarked;
