import { hash } from 'node:crypto';
import { provideSha256 } from '@tianyuan/protocol';

// Services provide Node's hash, whose bytes are a Buffer: equal to other bytes in everything but a test's eyes.
provideSha256((message) => new Uint8Array(hash('sha256', message, 'buffer')));
