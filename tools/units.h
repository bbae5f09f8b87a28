/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers with units, for people: three digits, and no decimals of the smallest unit. */
#ifndef TOOLS_UNITS_H
#define TOOLS_UNITS_H

enum { UNITS_TEXT_BYTES = 32 };

/* A time in nanoseconds: "12.3 us". */
void units_time(char text[UNITS_TEXT_BYTES], double ns);

/* A size: "16.8 MB". The units are powers of 1000. */
void units_bytes(char text[UNITS_TEXT_BYTES], double bytes);

/* A rate in bytes per second: "9.81 GB/s". */
void units_rate(char text[UNITS_TEXT_BYTES], double bytes_per_s);

#endif /* TOOLS_UNITS_H */
