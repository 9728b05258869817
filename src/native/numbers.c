// Numbers in a Buffer's bytes: readUInt16LE and its like.
#include "host.h"

// What a function reads or writes: so many bytes, signed or not, the highest first or last.
#define WIDTH 15
#define SIGNED 16
#define BIG_ENDIAN_BYTES 32
#define LITTLE_ENDIAN_BYTES 0
#define UNSIGNED 0

/** The place in the Buffer that starts at the offset, 0 when undefined. */
static uint8_t *take_place(JSContext *ctx, JSValueConst self, JSValueConst offset, size_t width) {
  size_t at;
  struct bytes bytes;
  if (!take_size_or(ctx, offset, 0, &at) || !take_bytes(ctx, self, &bytes)) return NULL;
  if (width <= bytes.length && at <= bytes.length - width) return bytes.start + at;
  JS_ThrowRangeError(ctx, "The value of \"offset\" is out of range");
  return NULL;
}

/** Where the byte is that counts 256 to the power of `i`. */
static size_t place_of(size_t i, size_t width, int kind) {
  return (kind & BIG_ENDIAN_BYTES) != 0 ? width - 1 - i : i;
}

/** (offset) gives the number, a BigInt of eight bytes. */
static JSValue read_number(JSContext *ctx, JSValueConst self, __attribute__((unused)) int argc, JSValueConst *argv, int kind) {
  size_t width = (size_t)(kind & WIDTH);
  const uint8_t *place = take_place(ctx, self, argv[0], width);
  if (place == NULL) return JS_EXCEPTION;
  uint64_t number = 0;
  for (size_t i = 0; i < width; i++) number |= (uint64_t)place[place_of(i, width, kind)] << (8 * i);
  bool is_signed = (kind & SIGNED) != 0;
  if (width == 8) return is_signed ? JS_NewBigInt64(ctx, (int64_t)number) : JS_NewBigUint64(ctx, number);
  bool negative = is_signed && number >> (8 * width - 1) != 0;
  return JS_NewInt64(ctx, (int64_t)number - (negative ? (int64_t)1 << (8 * width) : 0));
}

static bool take_value(JSContext *ctx, JSValueConst value, int kind, int64_t *number) {
  size_t width = (size_t)(kind & WIDTH);
  if (width == 8) {
    if (JS_IsBigInt(value)) return JS_ToBigInt64(ctx, number, value) == 0;
    JS_ThrowTypeError(ctx, "must be a BigInt");
    return false;
  }
  int64_t range = (int64_t)1 << (8 * width), low = (kind & SIGNED) != 0 ? -range / 2 : 0;
  return take_number(ctx, value, low, low + range - 1, number);
}

/** (value, offset) gives the offset after it. */
static JSValue write_number(JSContext *ctx, JSValueConst self, __attribute__((unused)) int argc, JSValueConst *argv, int kind) {
  size_t width = (size_t)(kind & WIDTH);
  int64_t number;
  if (!take_value(ctx, argv[0], kind, &number)) return JS_EXCEPTION;
  uint8_t *place = take_place(ctx, self, argv[1], width);
  if (place == NULL) return JS_EXCEPTION;
  for (size_t i = 0; i < width; i++) place[place_of(i, width, kind)] = (uint8_t)((uint64_t)number >> (8 * i));
  size_t at = 0;
  if (!take_size_or(ctx, argv[1], 0, &at)) return JS_EXCEPTION;
  return JS_NewInt64(ctx, (int64_t)(at + width));
}

#define PAIR(name, kind) \
  JS_CFUNC_MAGIC_DEF("read" name, 1, read_number, kind), JS_CFUNC_MAGIC_DEF("write" name, 2, write_number, kind)

static const JSCFunctionListEntry LIST[] = {
    PAIR("UInt8", 1 | UNSIGNED),
    PAIR("Int8", 1 | SIGNED),
    PAIR("UInt16LE", 2 | UNSIGNED | LITTLE_ENDIAN_BYTES),
    PAIR("UInt16BE", 2 | UNSIGNED | BIG_ENDIAN_BYTES),
    PAIR("Int16LE", 2 | SIGNED | LITTLE_ENDIAN_BYTES),
    PAIR("UInt32LE", 4 | UNSIGNED | LITTLE_ENDIAN_BYTES),
    PAIR("UInt32BE", 4 | UNSIGNED | BIG_ENDIAN_BYTES),
    PAIR("Int32LE", 4 | SIGNED | LITTLE_ENDIAN_BYTES),
    PAIR("BigInt64LE", 8 | SIGNED | LITTLE_ENDIAN_BYTES),
    PAIR("BigUInt64LE", 8 | UNSIGNED | LITTLE_ENDIAN_BYTES),
    PAIR("BigUInt64BE", 8 | UNSIGNED | BIG_ENDIAN_BYTES),
};
const struct functions NUMBER_METHODS = FUNCTIONS(LIST);
