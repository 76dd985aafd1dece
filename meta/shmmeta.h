/* SPDX-License-Identifier: MIT */
/*
 * The sealed block, format version 1.0, for readers in C, C++ and the kernel.
 *
 * A block is the whole content of a memfd that carries F_SEAL_SHRINK,
 * F_SEAL_GROW and F_SEAL_WRITE. To read one from a descriptor of unknown
 * origin:
 *
 *   1. fcntl(fd, F_GET_SEALS): all bits of SHMMETA_SEALS are set (test the
 *      mask, other seals may be set too). In the kernel: memfd_fcntl().
 *   2. fstat(fd): SHMMETA_MIN_SIZE <= st_size <= SHMMETA_MAX_SIZE. After the
 *      seals, because only then the size cannot change any more.
 *   3. pread() the whole file into memory of your own.
 *   4. shmmeta_check(), and the content id if you rely on it: the first 8 bytes
 *      of SHA-256 over everything after the header.
 *   5. shmmeta_find(), or a loop over shmmeta_entry().
 *
 * All numbers are little-endian on every machine; read them with
 * shmmeta_get16/32/64(), which also do not care about alignment. Payloads
 * start at multiples of 8, in table order, without overlap; bytes that belong
 * to no payload are zero. A reader that does not know a section's type skips
 * it, unless SHMMETA_CRITICAL is set: then it refuses the block.
 *
 * No descriptor, time or counter is ever in a block: equal content gives equal
 * bytes.
 */
#ifndef SHMMETA_H
#define SHMMETA_H

#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>
#include <linux/string.h>
typedef u8 shmmeta_u8;
typedef u16 shmmeta_u16;
typedef u32 shmmeta_u32;
typedef s32 shmmeta_s32;
typedef u64 shmmeta_u64;
#else
#include <stddef.h>
#include <stdint.h>
#include <string.h>
typedef uint8_t shmmeta_u8;
typedef uint16_t shmmeta_u16;
typedef uint32_t shmmeta_u32;
typedef int32_t shmmeta_s32;
typedef uint64_t shmmeta_u64;
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define SHMMETA_MAGIC "SHMM"
#define SHMMETA_MAJOR 1 /* header or section table changed */
#define SHMMETA_MINOR 0 /* payload of a known type changed */
#define SHMMETA_MIN_SIZE 32
#define SHMMETA_MAX_SIZE 65536
#define SHMMETA_MAX_SECTIONS 64
#define SHMMETA_MAX_LAYERS 4
#define SHMMETA_MAX_PLANES 8       /* V4L2's VIDEO_MAX_PLANES */
#define SHMMETA_MAX_LAYER_PLANES 4 /* DRM's AddFB2 */
#define SHMMETA_ALIGNMENT 8

/* F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE. F_SEAL_FUTURE_WRITE is no
 * substitute for the last: mappings older than it keep writing. */
#define SHMMETA_SEALS (0x0002 | 0x0004 | 0x0008)

struct shmmeta_header {
	shmmeta_u8 magic[4];     /* SHMMETA_MAGIC without its NUL */
	shmmeta_u16 major;      /* == SHMMETA_MAJOR */
	shmmeta_u16 minor;      /* <= SHMMETA_MINOR */
	shmmeta_u32 size;       /* of the block, and of the file */
	shmmeta_u32 nsections;  /* <= SHMMETA_MAX_SECTIONS */
	shmmeta_u64 content_id; /* first 8 bytes of SHA-256 over [32, size) */
	shmmeta_u64 reserved;   /* 0 */
};

/* The section table follows the header. */
struct shmmeta_section {
	shmmeta_u32 type;   /* SHMMETA_TYPE_…, never 0 */
	shmmeta_u32 flags;  /* SHMMETA_CRITICAL or 0 */
	shmmeta_u32 offset; /* of the payload from the block's start, multiple of 8 */
	shmmeta_u32 size;   /* of the payload */
};

#define SHMMETA_CRITICAL 1

#define SHMMETA_TYPE_COLOR 1             /* struct shmmeta_color */
#define SHMMETA_TYPE_MASTERING_DISPLAY 2 /* struct shmmeta_mastering_display */
#define SHMMETA_TYPE_CONTENT_LIGHT 3     /* struct shmmeta_content_light */
#define SHMMETA_TYPE_HDR10PLUS 4         /* T.35 payload from country code 0xB5 on */
#define SHMMETA_TYPE_DOLBY_VISION 5      /* unescaped RPU, 0x19 … 0x80 */
#define SHMMETA_TYPE_T35 6               /* any other T.35 payload; may repeat */
#define SHMMETA_TYPE_AMBIENT_VIEWING 7   /* struct shmmeta_ambient_viewing */
#define SHMMETA_TYPE_LAYERS 8            /* struct shmmeta_layers and what follows it */
#define SHMMETA_TYPE_FILM_GRAIN 9        /* struct shmmeta_film_grain, bytes */
#define SHMMETA_TYPE_USER 0x80000000u    /* and above: struct shmmeta_user, bytes; may repeat, never critical */

/* Code points of ITU-T H.273. */
struct shmmeta_color {
	shmmeta_u8 primaries;
	shmmeta_u8 transfer; /* 16 PQ, 18 HLG */
	shmmeta_u8 matrix;
	shmmeta_u8 full_range;  /* 0 or 1 */
	shmmeta_u8 chroma_site; /* ChromaLocType, 6 unspecified */
	shmmeta_u8 reserved[3]; /* 0 */
};

/* CIE 1931, in 0.00002. */
struct shmmeta_chromaticity {
	shmmeta_u16 x, y;
};

/* SMPTE ST 2086; zeros mean unknown. */
struct shmmeta_mastering_display {
	struct shmmeta_chromaticity red, green, blue, white;
	shmmeta_u32 max_luminance; /* 0.0001 cd/m² */
	shmmeta_u32 min_luminance; /* 0.0001 cd/m² */
};

/* CTA-861.3; zero means unknown. */
struct shmmeta_content_light {
	shmmeta_u16 max_cll;  /* cd/m² */
	shmmeta_u16 max_fall; /* cd/m² */
};

struct shmmeta_ambient_viewing {
	shmmeta_u32 illuminance; /* 0.0001 lx */
	struct shmmeta_chromaticity light;
};

#define SHMMETA_GRAIN_H274 1 /* payload of the film grain characteristics SEI */
#define SHMMETA_GRAIN_AV1 2  /* film_grain_params() */

struct shmmeta_film_grain {
	shmmeta_u32 kind; /* SHMMETA_GRAIN_…, at least one byte follows */
};

struct shmmeta_user {
	shmmeta_u8 uuid[16];
};

/* nlayers × struct shmmeta_layer, then nplanes × struct shmmeta_plane follow,
 * and the payload ends there. */
struct shmmeta_layers {
	shmmeta_u32 nlayers; /* 1..SHMMETA_MAX_LAYERS */
	shmmeta_u32 nplanes; /* 1..SHMMETA_MAX_PLANES */
};

#define SHMMETA_ROLE_VIDEO 0
#define SHMMETA_ROLE_OVERLAY 1
#define SHMMETA_ROLE_TOP_FIELD 2
#define SHMMETA_ROLE_BOTTOM_FIELD 3
#define SHMMETA_ROLE_LEFT_EYE 4
#define SHMMETA_ROLE_RIGHT_EYE 5
#define SHMMETA_ROLE_ALPHA 6
#define SHMMETA_ROLE_AUXILIARY 7 /* not for scan-out */

/* One framebuffer's worth of planes. Rectangles are in the frame's pixels and
 * not empty; the crop is inside the layer. */
struct shmmeta_layer {
	shmmeta_u32 fourcc; /* drm_fourcc.h */
	shmmeta_u32 role;   /* SHMMETA_ROLE_… */
	shmmeta_u32 width, height;
	shmmeta_u32 crop_x, crop_y, crop_w, crop_h;
	shmmeta_s32 dst_x, dst_y;
	shmmeta_u32 dst_w, dst_h;
	shmmeta_u32 zpos;
	shmmeta_u32 alpha;       /* 0..65535 */
	shmmeta_u32 first_plane; /* first_plane + nplanes <= shmmeta_layers.nplanes */
	shmmeta_u32 nplanes;     /* 1..SHMMETA_MAX_LAYER_PLANES */
};

struct shmmeta_plane {
	shmmeta_u32 memory; /* index into the memories of the buffer */
	shmmeta_u32 stride;
	shmmeta_u64 offset; /* offset + size does not overflow */
	shmmeta_u64 size;
	shmmeta_u64 modifier;
};

static inline shmmeta_u16 shmmeta_get16(const void *at)
{
	const shmmeta_u8 *p = (const shmmeta_u8 *)at;
	return (shmmeta_u16)(p[0] | p[1] << 8);
}

static inline shmmeta_u32 shmmeta_get32(const void *at)
{
	const shmmeta_u8 *p = (const shmmeta_u8 *)at;
	return p[0] | (shmmeta_u32)p[1] << 8 | (shmmeta_u32)p[2] << 16 | (shmmeta_u32)p[3] << 24;
}

static inline shmmeta_u64 shmmeta_get64(const void *at)
{
	const shmmeta_u8 *p = (const shmmeta_u8 *)at;
	return shmmeta_get32(p) | (shmmeta_u64)shmmeta_get32(p + 4) << 32;
}

static inline int shmmeta_known(shmmeta_u32 type)
{
	return type >= SHMMETA_TYPE_COLOR && type <= SHMMETA_TYPE_FILM_GRAIN;
}

static inline int shmmeta_is_zero(const shmmeta_u8 *p, size_t n)
{
	while (n > 0)
		if (p[--n])
			return 0;
	return 1;
}

/* The i-th entry of the section table, a struct shmmeta_section; of a checked
 * block, with i < nsections. */
static inline const shmmeta_u8 *shmmeta_entry(const void *block, shmmeta_u32 i)
{
	return (const shmmeta_u8 *)block + sizeof(struct shmmeta_header) + i * sizeof(struct shmmeta_section);
}

/*
 * Whether size bytes at block are a block whose header and section table hold:
 * after it, every payload is inside the block. It does not compute the content
 * id, and payloads are the reader's to check, against the sizes of the
 * structures above first of all.
 */
static inline int shmmeta_check(const void *block, size_t size)
{
	const shmmeta_u8 *b = (const shmmeta_u8 *)block;
	shmmeta_u32 i, n;
	size_t end;

	if (size < SHMMETA_MIN_SIZE || size > SHMMETA_MAX_SIZE)
		return 0;
	if (memcmp(b, SHMMETA_MAGIC, 4) != 0 ||
	    shmmeta_get16(b + offsetof(struct shmmeta_header, major)) != SHMMETA_MAJOR ||
	    shmmeta_get16(b + offsetof(struct shmmeta_header, minor)) > SHMMETA_MINOR ||
	    shmmeta_get32(b + offsetof(struct shmmeta_header, size)) != size ||
	    shmmeta_get64(b + offsetof(struct shmmeta_header, reserved)) != 0)
		return 0;
	n = shmmeta_get32(b + offsetof(struct shmmeta_header, nsections));
	if (n > SHMMETA_MAX_SECTIONS)
		return 0;
	end = sizeof(struct shmmeta_header) + n * sizeof(struct shmmeta_section);
	if (end > size)
		return 0;
	for (i = 0; i < n; i++) {
		const shmmeta_u8 *s = shmmeta_entry(b, i);
		shmmeta_u32 type = shmmeta_get32(s + offsetof(struct shmmeta_section, type));
		shmmeta_u32 flags = shmmeta_get32(s + offsetof(struct shmmeta_section, flags));
		size_t at = shmmeta_get32(s + offsetof(struct shmmeta_section, offset));
		size_t len = shmmeta_get32(s + offsetof(struct shmmeta_section, size));

		if (type == 0 || (flags & ~(shmmeta_u32)SHMMETA_CRITICAL) != 0)
			return 0;
		if ((flags & SHMMETA_CRITICAL) && !shmmeta_known(type))
			return 0;
		if (at % SHMMETA_ALIGNMENT != 0 || at < end || at > size || len > size - at)
			return 0;
		if (!shmmeta_is_zero(b + end, at - end))
			return 0;
		end = at + len;
	}
	return shmmeta_is_zero(b + end, size - end);
}

/*
 * The payload of the first section of a type in a checked block, and its size;
 * NULL if there is none.
 */
static inline const void *shmmeta_find(const void *block, shmmeta_u32 type, size_t *len)
{
	const shmmeta_u8 *b = (const shmmeta_u8 *)block;
	shmmeta_u32 n = shmmeta_get32(b + offsetof(struct shmmeta_header, nsections));
	shmmeta_u32 i;

	for (i = 0; i < n; i++) {
		const shmmeta_u8 *s = shmmeta_entry(b, i);
		if (shmmeta_get32(s + offsetof(struct shmmeta_section, type)) == type) {
			*len = shmmeta_get32(s + offsetof(struct shmmeta_section, size));
			return b + shmmeta_get32(s + offsetof(struct shmmeta_section, offset));
		}
	}
	return NULL;
}

#ifdef __cplusplus
}
#endif

#endif /* SHMMETA_H */
