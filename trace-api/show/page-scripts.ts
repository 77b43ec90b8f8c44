import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import type { Context } from 'hono';
import { type EncodedBody, encodeBody, respondWithBody } from './encoded-body.ts';

/** A page's script: protocol and all, minified. */
export type Script = { path: string; body: EncodedBody };

const entryPoints = {
  verify: fileURLToPath(new URL('../browser/verify-page.ts', import.meta.url)),
  desk: fileURLToPath(new URL('../browser/desk/desk-page.ts', import.meta.url)),
};

type Scripts = Record<keyof typeof entryPoints, Script>;

let built: Promise<Scripts> | undefined;

/** The scripts, built when one is first asked for and once in a process. */
export async function pageScripts(): Promise<Scripts> {
  built ??= buildScripts();
  return built;
}

/**
 * Bundles for browsers from the same source that Node runs, in memory. A path names its content, so that caches may keep it
 * for ever.
 */
async function buildScripts(): Promise<Scripts> {
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    minify: true,
    write: false,
    outdir: '/', // only names what is not written
    format: 'esm',
    // `String.prototype.isWellFormed` and `AbortSignal.timeout` are of 2023 anyway
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
  });
  // esbuild leaves its process waiting for more work, and there is none.
  await stop();
  const scripts = outputFiles.map(async ({ path, contents }): Promise<[string, Script]> => {
    const name = basename(path, '.js');
    const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16);
    return [name, { path: `/assets/${name}-${hash}.js`, body: await encodeBody(contents) }];
  });
  return Object.fromEntries(await Promise.all(scripts)) as Scripts;
}

export function respondWithScript(c: Context, scripts: Scripts): Response {
  const script = Object.values(scripts).find(({ path }) => path === c.req.path);
  if (script === undefined) return c.text('No such file. Reload the page that asked for it.', 404);
  c.header('content-type', 'text/javascript; charset=utf-8');
  c.header('cache-control', 'public, max-age=31536000, immutable');
  c.header('x-content-type-options', 'nosniff');
  return respondWithBody(c, script.body);
}
