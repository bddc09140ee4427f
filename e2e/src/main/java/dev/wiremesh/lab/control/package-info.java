/** How other shells speak with a running lab: one line asked, some lines answered. */
@NullMarked
package dev.wiremesh.lab.control;

import org.jspecify.annotations.NullMarked;
