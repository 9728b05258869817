// UTF-8 to text, as WHATWG decodes it, and text to UTF-8.
#include <string.h>

#include "host.h"

/**
 * The bytes of the sequence that `bytes` starts with: as many as belong together, at least one. `valid` tells whether they are a
 * whole sequence. Table 3-7 of the Unicode standard.
 */
static size_t sequence(const uint8_t *bytes, size_t length, bool *valid) {
  uint8_t first = bytes[0], low = 0x80, high = 0xbf;
  *valid = first < 0x80;
  if (*valid || first < 0xc2 || first > 0xf4) return 1;
  size_t width = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4, count = 1;
  if (first == 0xe0) low = 0xa0;
  if (first == 0xf0) low = 0x90;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf4) high = 0x8f;
  for (; count < width && count < length && bytes[count] >= low && bytes[count] <= high; count++) low = 0x80, high = 0xbf;
  *valid = count == width;
  return count;
}

static bool is_utf8(const uint8_t *bytes, size_t length) {
  bool valid = true;
  for (size_t at = 0; at < length && valid;) at += sequence(bytes + at, length - at, &valid);
  return valid;
}

/** Copies the bytes to `out`, which has room for three times as many: how many it became. */
static size_t repair(const uint8_t *bytes, size_t length, char *out) {
  size_t written = 0;
  for (size_t at = 0; at < length;) {
    bool valid;
    size_t count = sequence(bytes + at, length - at, &valid), width = valid ? count : 3;
    memcpy(out + written, valid ? (const char *)bytes + at : "\xef\xbf\xbd", width);
    written += width;
    at += count;
  }
  return written;
}

JSValue decode_utf8(JSContext *ctx, const uint8_t *bytes, size_t length) {
  if (is_utf8(bytes, length)) return JS_NewStringLen(ctx, (const char *)bytes, length);
  size_t room;
  if (__builtin_mul_overflow(length, (size_t)3, &room)) return JS_ThrowOutOfMemory(ctx);
  char *repaired = js_malloc(ctx, room);
  if (repaired == NULL) return JS_EXCEPTION;
  JSValue string = JS_NewStringLen(ctx, repaired, repair(bytes, length, repaired));
  js_free(ctx, repaired);
  return string;
}

void encode_utf8(const struct text *text, struct bytes to) {
  memcpy(to.start, text->start, to.length);
  for (size_t i = 0; i + 2 < to.length; i++)
    if (to.start[i] == 0xed && to.start[i + 1] >= 0xa0) memcpy(to.start + i, "\xef\xbf\xbd", 3);
}
