/** What the operator watches, and who is told of a change. */
@NullMarked
package dev.wiremesh.operator.state;

import org.jspecify.annotations.NullMarked;
