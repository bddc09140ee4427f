/** Addresses as IPAllocation objects: taken by creating one, at rest when released. */
@NullMarked
package dev.wiremesh.operator.ipam;

import org.jspecify.annotations.NullMarked;
