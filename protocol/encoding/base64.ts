import { ProtocolError } from '../protocol-error.ts';

const chunkLength = 0x8000; // String.fromCharCode takes its bytes as arguments, and engines bound those

/** Standard base64 with padding, RFC 4648 section 4. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += chunkLength) {
    binary += String.fromCharCode(...bytes.subarray(start, start + chunkLength));
  }
  return btoa(binary);
}

/**
 * Strict: padding present, no white space, trailing bits zero, so that every byte string has one encoding and a changed
 * character is always a changed value.
 * @throws ProtocolError BASE64
 */
export function decodeBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw new ProtocolError('BASE64', 'not base64', { cause });
  }
  // atob forgives white space, missing padding and stray trailing bits; encoding again shows all three.
  if (btoa(binary) !== text) {
    throw new ProtocolError('BASE64', 'not canonical base64 (padding, trailing bits or white space)');
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** base64url without padding, RFC 4648 section 5. */
export function encodeBase64url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * Strict like {@link decodeBase64}; padding is refused.
 * @throws ProtocolError BASE64
 */
export function decodeBase64url(text: string): Uint8Array {
  if (/[^A-Za-z0-9_-]/.test(text)) throw new ProtocolError('BASE64', 'not unpadded base64url');
  const padding = '='.repeat((4 - (text.length % 4)) % 4);
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding);
}
