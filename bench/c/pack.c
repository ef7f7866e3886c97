/*
 * A byte-wise compressor of the Lempel-Ziv kind and its inverse, over n KiB of made-up text: hashes, comparisons of
 * bytes, unpredictable branches.
 */
#include <stdint.h>
#include <string.h>
#include "measure.h"

enum { HASH_BITS = 14, WINDOW = 65535, LEAST = 4, MOST = 255 + LEAST };

static uint32_t hash(const uint8_t *p)
{
	return ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24) * 2654435761u >>
	       (32 - HASH_BITS);
}

/* Tokens: a byte 0 and a literal, or a byte 1, the distance in two bytes, the length less LEAST. */
static long pack(const uint8_t *from, long length, uint8_t *to)
{
	static int32_t last[1 << HASH_BITS];
	memset(last, 0xff, sizeof last);
	uint8_t *out = to;
	for (long at = 0; at < length;) {
		long matched = 0, distance = 0;
		if (at + LEAST <= length) {
			uint32_t h = hash(from + at);
			long before = last[h];
			last[h] = (int32_t)at;
			if (before >= 0 && at - before <= WINDOW) {
				while (matched < MOST && at + matched < length && from[before + matched] == from[at + matched])
					matched++;
				distance = at - before;
			}
		}
		if (matched >= LEAST) {
			*out++ = 1;
			*out++ = distance & 255;
			*out++ = distance >> 8;
			*out++ = matched - LEAST;
			at += matched;
		} else {
			*out++ = 0;
			*out++ = from[at++];
		}
	}
	return out - to;
}

static long unpack(const uint8_t *from, long length, uint8_t *to)
{
	long out = 0;
	for (long at = 0; at < length;) {
		if (from[at] == 0) {
			to[out++] = from[at + 1];
			at += 2;
			continue;
		}
		long distance = from[at + 1] | from[at + 2] << 8, count = from[at + 3] + LEAST;
		for (long i = 0; i < count; i++, out++)
			to[out] = to[out - distance];
		at += 4;
	}
	return out;
}

int main(int argc, char **argv)
{
	static const char *words[] = { "ring", "kernel", "call", "register", "the", "of", "and", "stack",
				       "pointer", "a", "word", "memory", "page", "fault", "signal", "thread" };
	long n = amount(argc, argv), length = n * 1024;
	long long start = now();
	uint8_t *text = malloc(length + 16), *packed = malloc(length * 2 + 16), *back = malloc(length + MOST + 16);
	if (!text || !packed || !back)
		return 1;
	uint64_t state = 88172645463325252u;
	for (long at = 0; at < length;) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		for (const char *p = words[state >> 20 & 15]; *p && at < length; p++)
			text[at++] = (uint8_t)*p;
		if (at < length)
			text[at++] = state & 1 ? ' ' : (uint8_t)('0' + (state >> 30) % 10);
	}
	long small = pack(text, length, packed);
	long again = unpack(packed, small, back);
	printf("%ld %ld %s\n", length, small, again == length && memcmp(text, back, length) == 0 ? "same" : "different");
	took(start);
	return 0;
}
