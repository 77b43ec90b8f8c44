// What the package puts on a machine, as a tree of files.
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

/** Where it lives: the place that deploy/gateway-agent.service and the docs name. */
const home = 'opt/tianyuan';
/** What the gateway is made of; of contracts only what others get. */
const parts = ['gateway-agent', 'protocol', 'chain', 'contracts'] as const;
const isShipped = (path: string): boolean =>
  !/\.test\.ts$|\/test-[^/]*\.ts$|\/(node_modules|artifacts|cache|vectors)(\/|$)|drizzle\.config\.ts$|tsconfig[^/]*\.json$|\.sol$/.test(
    path,
  );

export function fillTree({
  checkout,
  stage,
  node,
  tree,
  cpu,
}: {
  checkout: string;
  stage: string;
  /** the path of the architecture's Node */
  node: string;
  tree: string;
  cpu: 'x64' | 'arm64';
}): void {
  const app = join(tree, home);
  mkdirSync(join(app, 'node', 'bin'), { recursive: true });
  cpSync(node, join(app, 'node', 'bin', 'node'));
  for (const name of ['LICENSE', 'README.md'])
    if (existsSync(join(dirname(dirname(node)), name)))
      cpSync(join(dirname(dirname(node)), name), join(app, 'node', name));
  for (const part of parts) {
    const source = join(checkout, part);
    cpSync(source, join(app, part), {
      recursive: true,
      filter: (path) => path === source || isShipped(path.slice(checkout.length)),
    });
    // Where two parts want different versions of one package, npm gives one of them its own.
    const own = join(stage, part, 'node_modules');
    if (existsSync(own)) copyPackages(own, join(app, part, 'node_modules'), cpu);
  }
  copyPackages(join(stage, 'node_modules'), join(app, 'node_modules'), cpu);
  writeSystemFiles(checkout, tree);
}

/** Packages as npm installed them, without other systems' builds, and without what only their makers read. */
function copyPackages(from: string, to: string, cpu: string): void {
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) =>
      !/\.(map|md|markdown|d\.ts|d\.mts|d\.cts|c|cc|cpp|h|gyp)$|\/(\.bin|\.package-lock\.json|\.tianyuan|deps)$/.test(
        path,
      ),
  });
  for (const build of globSync('**/prebuilds/*', { cwd: to })) {
    const system = basename(build).replace(/\.node$/, '');
    if (system !== `linux-${cpu}`) rmSync(join(to, build), { recursive: true });
  }
  // npm links every workspace of the lockfile; the package brings the gateway's.
  for (const link of globSync('@tianyuan/*', { cwd: to })) {
    rmSync(join(to, link));
    const part = link.split(sep).at(-1)!;
    if (parts.some((one) => one === part)) symlinkSync(`../../${part}`, join(to, link));
  }
}

function writeSystemFiles(checkout: string, tree: string): void {
  const write = (path: string, content: string, mode = 0o644): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content, { mode });
  };
  const read = (path: string): string => readFileSync(join(checkout, path), 'utf8');
  const unit = read('deploy/gateway-agent.service').replaceAll('/usr/bin/node', `/${home}/node/bin/node`);
  write('usr/lib/systemd/system/gateway-agent.service', unit.replace(/^# .*\n/gm, ''));
  // With the unit's flags, for a container, where there is no unit.
  const [, flags] = /^ExecStart=\S+ ((?:--\S+ )*)/m.exec(unit)!;
  write(
    'usr/bin/gateway-agent',
    `#!/bin/sh\nexec /${home}/node/bin/node ${flags}/${home}/gateway-agent/main.ts "$@"\n`,
    0o755,
  );
  const docs = 'usr/share/doc/tianyuan-gateway';
  write(`${docs}/gateway.yaml.example`, read('deploy/gateway.yaml'));
  write(`${docs}/copyright`, read('LICENSE'));
  // The unit's Documentation=.
  for (const page of ['docs/gateway.md', 'docs/deploy.md', 'docs/threat-model.md'])
    write(`${home}/${page}`, read(page));
  // Ours are ECMAScript modules, as the checkout's root says.
  write(`${home}/package.json`, `${JSON.stringify({ private: true, type: 'module' })}\n`);
}
