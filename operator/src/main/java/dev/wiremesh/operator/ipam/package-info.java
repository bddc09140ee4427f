/** Address allocation: creating an IPAllocation takes an address, releasing it quarantines it. */
@NullMarked
package dev.wiremesh.operator.ipam;

import org.jspecify.annotations.NullMarked;
