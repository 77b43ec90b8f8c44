import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/**
 * For pages that are rendered here: styles may stand inline, as the ones of server-rendered SVG do; scripts come from
 * this origin only and never from the page's text, so that what a stranger managed to write into it does not run.
 */
export function securityHeaders(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: 'no-referrer',
    // Whether there is TLS in front, and for how long to promise it, is known there.
    strictTransportSecurity: false,
    // Tiles and proofs are made to be fetched from anywhere.
    crossOriginResourcePolicy: 'cross-origin',
  });
}
