/**
 * What an installation needs from us besides the operator itself: the kinds, brought up to date.
 */
@NullMarked
package dev.wiremesh.operator.install;

import org.jspecify.annotations.NullMarked;
