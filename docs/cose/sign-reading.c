/*
 * Signs one reading in Tianyuan's COSE profile (docs/protocol.md section 1) and prints the payload in hex.
 *
 *   cc -std=c99 -Wall -Wextra -o sign-reading sign-reading.c -lsodium
 *   ./sign-reading SEED_HEX DEVICE KEY BOOT SEQ TIME TYPE VALUE [BATCH]
 *
 * Everything above main() needs neither a heap nor a library: firmware copies it and gives it its own Ed25519, such as
 * Monocypher's crypto_ed25519_sign or a secure element. Only main() uses libsodium.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where bytes go, and whether they still fit: after a writer that is too small nothing is used of it. */
struct writer {
  uint8_t *bytes;
  size_t room, length;
  int overflow;
};

static void put(struct writer *w, const void *bytes, size_t length) {
  if (w->overflow || length > w->room - w->length) {
    w->overflow = 1;
    return;
  }
  memcpy(w->bytes + w->length, bytes, length);
  w->length += length;
}

enum { UNSIGNED = 0, NEGATIVE = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6 };

/* The head of a CBOR item in its shortest form, which is the only one that is accepted (RFC 8949 section 4.2.1). */
static void head(struct writer *w, unsigned major, uint64_t n) {
  uint8_t head[9] = {(uint8_t)(major << 5)};
  unsigned extra = n < 24 ? 0 : n <= 0xff ? 1 : n <= 0xffff ? 2 : n <= 0xffffffff ? 4 : 8;
  head[0] |= (uint8_t)(extra == 0 ? n : extra == 1 ? 24 : extra == 2 ? 25 : extra == 4 ? 26 : 27);
  for (unsigned i = 0; i < extra; i++) head[1 + i] = (uint8_t)(n >> (8 * (extra - 1 - i)));
  put(w, head, 1 + extra);
}

static void integer(struct writer *w, int64_t n) {
  if (n < 0) head(w, NEGATIVE, (uint64_t)(-(n + 1)));
  else head(w, UNSIGNED, (uint64_t)n);
}

static void bytes(struct writer *w, const void *of, size_t length) {
  head(w, BYTES, length);
  put(w, of, length);
}

static void text(struct writer *w, const char *of) {
  head(w, TEXT, strlen(of));
  put(w, of, strlen(of));
}

struct reading {
  const char *device; /* [a-z0-9._-]{1,64} */
  uint64_t key, boot, seq;
  uint64_t time;     /* Unix ms */
  const char *batch; /* 1 to 64 characters of UTF-8, or NULL */
  unsigned type;     /* number in docs/data-dictionary.md */
  int64_t value;     /* in the type's scaled unit */
};

/* Ed25519 over `length` bytes: 64 bytes into `signature`. Returns 0, or anything else where it cannot. */
typedef int sign_function(void *key, uint8_t signature[64], const uint8_t *message, size_t length);

/* Writes the payload to `out` and returns its length; 0 where it does not fit or could not be signed. */
size_t sign_reading(uint8_t *out, size_t room, const struct reading *r, sign_function *sign, void *key) {
  uint8_t kid_bytes[90], header_bytes[100], content_bytes[256], signed_bytes[448], signature[64];
  struct writer header = {header_bytes, sizeof header_bytes, 0, 0};
  struct writer content = {content_bytes, sizeof content_bytes, 0, 0};
  struct writer to_sign = {signed_bytes, sizeof signed_bytes, 0, 0};
  struct writer message = {out, room, 0, 0};

  /* protected header: {1: -8, 4: kid} */
  int kid = snprintf((char *)kid_bytes, sizeof kid_bytes, "%s/%" PRIu64, r->device, r->key);
  if (kid < 0 || (size_t)kid >= sizeof kid_bytes) return 0;
  head(&header, MAP, 2);
  integer(&header, 1), integer(&header, -8);
  integer(&header, 4), bytes(&header, kid_bytes, (size_t)kid);

  /* payload: a map, its keys ascending */
  head(&content, MAP, r->batch ? 6 : 5);
  integer(&content, 1), integer(&content, 1);
  integer(&content, 3), head(&content, UNSIGNED, r->boot);
  integer(&content, 4), head(&content, UNSIGNED, r->seq);
  integer(&content, 5), head(&content, UNSIGNED, r->time);
  if (r->batch) integer(&content, 6), text(&content, r->batch);
  integer(&content, 7), head(&content, ARRAY, 1);
  head(&content, ARRAY, 2), integer(&content, r->type), integer(&content, r->value);

  /* what is signed: Sig_structure of RFC 9052 section 4.4 */
  head(&to_sign, ARRAY, 4);
  text(&to_sign, "Signature1");
  bytes(&to_sign, header.bytes, header.length);
  bytes(&to_sign, "tianyuan/message/v1", 19);
  bytes(&to_sign, content.bytes, content.length);
  if (header.overflow || content.overflow || to_sign.overflow) return 0;
  if (sign(key, signature, to_sign.bytes, to_sign.length) != 0) return 0;

  /* what is published: COSE_Sign1 under tag 18 */
  head(&message, TAG, 18);
  head(&message, ARRAY, 4);
  bytes(&message, header.bytes, header.length);
  head(&message, MAP, 0);
  bytes(&message, content.bytes, content.length);
  bytes(&message, signature, sizeof signature);
  return message.overflow ? 0 : message.length;
}

static int sign_with_libsodium(void *key, uint8_t signature[64], const uint8_t *message, size_t length) {
  return crypto_sign_detached(signature, NULL, message, length, key);
}

int main(int count, char **arguments) {
  uint8_t seed[crypto_sign_SEEDBYTES], public_key[crypto_sign_PUBLICKEYBYTES];
  uint8_t secret_key[crypto_sign_SECRETKEYBYTES], payload[512];
  size_t seed_length = 0;
  if (sodium_init() < 0 || (count != 9 && count != 10) ||
      sodium_hex2bin(seed, sizeof seed, arguments[1], strlen(arguments[1]), NULL, &seed_length, NULL) != 0 ||
      seed_length != sizeof seed) {
    fprintf(stderr, "usage: sign-reading SEED_HEX DEVICE KEY BOOT SEQ TIME TYPE VALUE [BATCH]\n");
    return 2;
  }
  crypto_sign_seed_keypair(public_key, secret_key, seed);
  struct reading reading = {
      .device = arguments[2],
      .key = strtoull(arguments[3], NULL, 10),
      .boot = strtoull(arguments[4], NULL, 10),
      .seq = strtoull(arguments[5], NULL, 10),
      .time = strtoull(arguments[6], NULL, 10),
      .type = (unsigned)strtoul(arguments[7], NULL, 10),
      .value = strtoll(arguments[8], NULL, 10),
      .batch = count == 10 ? arguments[9] : NULL,
  };
  size_t length = sign_reading(payload, sizeof payload, &reading, sign_with_libsodium, secret_key);
  if (length == 0) {
    fprintf(stderr, "the message does not fit\n");
    return 1;
  }
  for (size_t i = 0; i < length; i++) printf("%02x", payload[i]);
  printf("\n");
  return 0;
}
