import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { type Env, Hono } from 'hono';
import { html } from 'hono/html';
import { errors } from './errors.ts';

/** The files of swagger-ui that its page needs, served from here: the page works without the internet. */
const assets: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** A file and not inline, since the content security policy runs no inline script. */
const startScript = "SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true });\n";

/** `/openapi.json`, generated from the routes, and `/docs` to read it. */
export function docsRoutes<E extends Env>(api: OpenAPIHono<E>, publicUrl: string): Hono {
  const swaggerUi = createRequire(import.meta.url)('swagger-ui-dist') as { getAbsoluteFSPath: () => string };
  const directory = swaggerUi.getAbsoluteFSPath();
  const routes = new Hono();
  routes.get('/openapi.json', (c) => c.json(describeApi(api, publicUrl)));
  routes.get('/docs', (c) =>
    c.html(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>田源 Trace API</title>
            <link rel="stylesheet" href="/docs/swagger-ui.css" />
            <link rel="icon" href="/docs/favicon-32x32.png" />
          </head>
          <body>
            <div id="docs"></div>
            <script src="/docs/swagger-ui-bundle.js"></script>
            <script src="/docs/start.js"></script>
          </body>
        </html>`,
    ),
  );
  routes.get('/docs/start.js', (c) =>
    c.body(startScript, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  for (const [file, type] of Object.entries(assets)) {
    routes.get(`/docs/${file}`, async (c) =>
      c.body(new Uint8Array(await readFile(join(directory, file))), 200, {
        'content-type': type,
        'cache-control': 'public, max-age=86400',
      }),
    );
  }
  return routes;
}

function describeApi<E extends Env>(api: OpenAPIHono<E>, publicUrl: string): object {
  if (api.openAPIRegistry.definitions.every(({ type }) => type !== 'component')) {
    api.openAPIRegistry.registerComponent('securitySchemes', 'ownerToken', {
      type: 'http',
      scheme: 'bearer',
    });
  }
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: '田源 Trace API',
      version: '1.0.0',
      description: describeErrors(),
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: publicUrl }],
  });
}

function describeErrors(): string {
  const rows = Object.values(errors).map(
    ({ code, name, status, title }) => `| ${code} | ${name} | ${status} | ${title.zh} ${title.en} |`,
  );
  return [
    'Refusals are RFC 9457 problem documents. Their codes:',
    '',
    '| code | name | HTTP | |',
    '|---|---|---|---|',
    ...rows,
    '',
    'C2SP tlog-tiles are served under `/logs/{logId}/`.',
  ].join('\n');
}
