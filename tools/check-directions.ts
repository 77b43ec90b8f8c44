// Refuses an import that the architecture does not allow, and says where. The table is tools/directions/arrows.ts.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arrows } from './directions/arrows.ts';
import { findImports } from './directions/find-imports.ts';
import { judgeImport, owner, type Workspace } from './directions/judge-import.ts';

/**
 * Judges every source file that git tracks or would track under `root`.
 * @returns one line a problem, `file:line: what is wrong`; none when all is well
 */
export function checkDirections(root: string): string[] {
  const workspaces = readWorkspaces(root);
  const problems = workspaces
    .filter(({ folder }) => !(folder in arrows))
    .map(({ folder }) => `${folder}/package.json:1: the workspace has no line in tools/directions/arrows.ts`);
  if (problems.length > 0) return problems;

  const files = sourceFiles(root);
  for (const { folder } of workspaces) {
    if (!files.some((file) => owner(file, workspaces)?.folder === folder)) {
      problems.push(
        `${join(folder, 'package.json')}:1: no source file was found here, so nothing was checked`,
      );
    }
  }
  for (const file of files) {
    const from = owner(file, workspaces)!;
    for (const { specifier, line } of findImports(file, readFileSync(join(root, file), 'utf8'))) {
      const problem =
        specifier === undefined
          ? 'the imported module is computed, so its direction cannot be checked; write its name'
          : judgeImport(file, from, specifier, workspaces);
      if (problem !== undefined) problems.push(`${file}:${line}: ${problem}`);
    }
  }
  return problems;
}

interface Manifest {
  name: string;
  workspaces?: string[];
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function readWorkspaces(root: string): Workspace[] {
  const read = (folder: string) =>
    JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
  return ['.', ...(read('.').workspaces ?? [])].map((folder) => {
    const { name, dependencies = {}, devDependencies = {} } = read(folder);
    return {
      folder,
      name,
      dependencies: Object.keys(dependencies),
      devDependencies: Object.keys(devDependencies),
    };
  });
}

function sourceFiles(root: string): string[] {
  const patterns = ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs'].map(
    (extension) => `*.${extension}`,
  );
  const args = [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
    '--',
    ...patterns,
  ];
  const deleted = execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: root, encoding: 'utf8' }).split(
    '\0',
  );
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 }).split('\0');
  return listed.filter((file) => file !== '' && !deleted.includes(file));
}

if (process.argv[1] === import.meta.filename) {
  const problems = checkDirections(join(import.meta.dirname, '..'));
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
