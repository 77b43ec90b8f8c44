/**
 * The largest packet that is read at all, 16 times the largest message. What is merely too large for a message is still
 * read, acknowledged and quarantined, so that it does not come back for ever; what is larger than this is no device.
 */
export const maxPacketBytes = 256 * 1024;

/** CONNECT comes from anybody: room for the largest message as a will, client id, user name and token, and no more. */
export const maxConnectBytes = 20 * 1024;

/** Shown every chunk of a connection; false once the connection has announced a packet that is too large. */
export type PacketBound = (chunk: Uint8Array) => boolean;

/**
 * Follows the fixed headers of MQTT 3.1.1 section 2.2 through a connection's bytes. MQTT lets a packet have 256 MiB, and
 * aedes' parser collects all of it before anybody is asked.
 */
export function newPacketBound(): PacketBound {
  let maxBytes = maxConnectBytes;
  /** bytes of the current packet still to come, once its length is known */
  let remaining = 0;
  /** where in a fixed header we are: 0 before the type byte, n at the n-th byte of the length */
  let headerByte = 0;
  let length = 0;

  return (chunk) => {
    for (let i = 0; i < chunk.length;) {
      if (remaining > 0) {
        const skipped = Math.min(remaining, chunk.length - i);
        remaining -= skipped;
        i += skipped;
        continue;
      }
      const byte = chunk[i++]!;
      if (headerByte > 0) {
        // Section 2.2.3: seven bits a byte, least significant first, at most four bytes.
        length += (byte & 0x7f) * 128 ** (headerByte - 1);
        if (length > maxBytes || headerByte > 4) return false;
        if (byte < 0x80) {
          remaining = length;
          maxBytes = maxPacketBytes;
          length = 0;
          headerByte = 0;
          continue;
        }
      }
      headerByte += 1;
    }
    return true;
  };
}
