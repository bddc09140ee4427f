/** Small rules over prefixes and addresses that only the operator needs. */
@NullMarked
package dev.wiremesh.operator.net;

import org.jspecify.annotations.NullMarked;
