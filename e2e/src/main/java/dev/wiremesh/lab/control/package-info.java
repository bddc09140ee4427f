/** The control protocol of a running lab: one line of JSON each for request and answer. */
@NullMarked
package dev.wiremesh.lab.control;

import org.jspecify.annotations.NullMarked;
