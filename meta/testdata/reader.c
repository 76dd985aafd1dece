/* Reads a block with shmmeta.h alone and prints what it finds: the test holds
 * it against the Go decoder. Valid C and C++. */
#include <stdio.h>
#include <stdlib.h>

#include "shmmeta.h"

static void hex(const char *name, const unsigned char *p, size_t n)
{
	printf("%s ", name);
	while (n-- > 0)
		printf("%02x", *p++);
	printf("\n");
}

int main(int argc, char **argv)
{
	/* One byte more than is allowed, so that too long a file shows. */
	static unsigned char block[SHMMETA_MAX_SIZE + 1];
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	const unsigned char *p;
	size_t size, len = 0;
	shmmeta_u32 i, n;

	if (!f)
		return 2;
	size = fread(block, 1, sizeof(block), f);
	fclose(f);
	if (!shmmeta_check(block, size)) {
		printf("refused\n");
		return 1;
	}
	n = shmmeta_get32(block + offsetof(struct shmmeta_header, nsections));
	printf("id %016llx\n", (unsigned long long)shmmeta_get64(block + offsetof(struct shmmeta_header, content_id)));
	for (i = 0; i < n; i++) {
		const unsigned char *s = shmmeta_entry(block, i);
		printf("type %u flags %u ", shmmeta_get32(s), shmmeta_get32(s + offsetof(struct shmmeta_section, flags)));
		hex("payload", block + shmmeta_get32(s + offsetof(struct shmmeta_section, offset)),
		    shmmeta_get32(s + offsetof(struct shmmeta_section, size)));
	}
	p = (const unsigned char *)shmmeta_find(block, SHMMETA_TYPE_CONTENT_LIGHT, &len);
	if (p && len == sizeof(struct shmmeta_content_light))
		printf("light %u:%u\n", shmmeta_get16(p + offsetof(struct shmmeta_content_light, max_cll)),
		       shmmeta_get16(p + offsetof(struct shmmeta_content_light, max_fall)));
	return 0;
}
