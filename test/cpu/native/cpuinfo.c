/* Every flag of /proc/cpuinfo that <cpuid.h> can ask for is what CPUID says, the other way round too. */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>

static char text[1 << 16];

static int listed(const char *name)
{
	char word[32];
	snprintf(word, sizeof word, " %s ", name);
	return strstr(text, word) != 0;
}

int main(void)
{
	char line[1 << 15];
	FILE *f = fopen("/proc/cpuinfo", "r");
	while (fgets(line, sizeof line, f)) {
		if (!strncmp(line, "vendor_id", 9)) {
			unsigned a, id[4] = {0};
			__cpuid(0, a, id[0], id[2], id[1]);
			printf("vendor %d\n", strstr(line, (char *)id) != 0);
		}
		if (!strncmp(line, "cpu family", 10)) {
			unsigned a, b, c, d, family;
			__cpuid(1, a, b, c, d);
			sscanf(strchr(line, ':') + 1, "%u", &family);
			printf("family %d\n", family == ((a >> 8) & 15) + ((a >> 20) & 255));
		}
		if (!strncmp(line, "flags", 5)) {
			line[strcspn(line, "\n")] = ' ';
			strcpy(text, line);
			break;
		}
	}
	static const struct { unsigned leaf, sub, reg, bit; const char *name; } rows[] = {
		{1, 0, 2, 0, "pni"}, {1, 0, 2, 1, "pclmulqdq"}, {1, 0, 2, 9, "ssse3"}, {1, 0, 2, 12, "fma"}, {1, 0, 2, 13, "cx16"},
		{1, 0, 2, 19, "sse4_1"}, {1, 0, 2, 20, "sse4_2"}, {1, 0, 2, 22, "movbe"}, {1, 0, 2, 23, "popcnt"},
		{1, 0, 2, 25, "aes"}, {1, 0, 2, 28, "avx"}, {1, 0, 2, 29, "f16c"}, {1, 0, 2, 30, "rdrand"},
		{1, 0, 3, 26, "sse2"}, {1, 0, 3, 24, "fxsr"}, {7, 0, 1, 3, "bmi1"}, {7, 0, 1, 5, "avx2"}, {7, 0, 1, 8, "bmi2"},
		{7, 0, 1, 18, "rdseed"}, {7, 0, 1, 19, "adx"}, {7, 0, 1, 29, "sha_ni"}, {7, 0, 1, 9, "erms"},
		{7, 0, 3, 4, "fsrm"}, {0x80000001, 0, 2, 5, "abm"}, {0x80000001, 0, 2, 0, "lahf_lm"},
		{0x80000001, 0, 2, 8, "3dnowprefetch"}, {0x80000001, 0, 3, 27, "rdtscp"}, {0xd, 1, 0, 1, "xsavec"},
	};
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned r[4];
		__cpuid_count(rows[i].leaf, rows[i].sub, r[0], r[1], r[2], r[3]);
		if (((r[rows[i].reg] >> rows[i].bit) & 1) != listed(rows[i].name)) printf("%s differs\n", rows[i].name);
	}
	return 0;
}
