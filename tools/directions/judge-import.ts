import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { arrows } from './arrows.ts';

/** A folder with a package.json: a workspace, or `.` for what stands on the root's. */
export interface Workspace {
  folder: string;
  name: string;
  dependencies: readonly string[];
  devDependencies: readonly string[];
}

/**
 * What is wrong with `file` of workspace `from` importing `specifier`, in words for whoever wrote it; undefined when
 * nothing is.
 * @param file path from the root of the checkout, with forward slashes
 */
export function judgeImport(
  file: string,
  from: Workspace,
  specifier: string,
  workspaces: readonly Workspace[],
): string | undefined {
  const isTest = isTestOf(from, file);
  if (specifier.startsWith('.')) {
    const target = join(dirname(file), specifier);
    if (owner(target, workspaces) !== from) {
      return `'${specifier}' leaves ${label(from)}; import another workspace by its name, @tianyuan/…`;
    }
    return isTest || !isTestOf(from, target)
      ? undefined
      : `'${specifier}' is for tests and development only, and this file is not`;
  }
  if (isBuiltin(specifier)) {
    return !isTest && isWithin(arrows[from.folder]?.runsInBrowser ?? [], from.folder, file)
      ? `'${specifier}' is Node's alone, and this file runs in a browser too; take the value as an argument`
      : undefined;
  }
  const name = packageName(specifier);
  if (name === undefined) return `'${specifier}' is not the name of a package`;
  if (name === from.name) return undefined;
  const to = workspaces.find((workspace) => workspace.name === name);
  if (to && !mayImport(from, to, isTest)) {
    return `${label(from)} must not import ${label(to)}; the arrows are in tools/directions/arrows.ts`;
  }
  if (from.dependencies.includes(name)) return undefined;
  if (
    isTest &&
    workspaces.some(({ folder, devDependencies }) => folder === '.' && devDependencies.includes(name))
  ) {
    return undefined; // the test runner and its like, which every workspace has from the root
  }
  if (!from.devDependencies.includes(name)) return `'${name}' is not declared in ${manifest(from)}`;
  return isTest
    ? undefined
    : `'${name}' is only a devDependency in ${manifest(from)}, and this file is no test`;
}

/** The workspace whose folder `path` is in; paths above the checkout have none. */
export function owner(path: string, workspaces: readonly Workspace[]): Workspace | undefined {
  if (path.startsWith('../')) return undefined;
  const inFolder = workspaces.find(({ folder }) => path.startsWith(`${folder}/`));
  return inFolder ?? workspaces.find(({ folder }) => folder === '.');
}

function mayImport(from: Workspace, to: Workspace, isTest: boolean): boolean {
  const { imports, tests = [] } = arrows[from.folder]!;
  return imports === 'everything' || imports.includes(to.folder) || (isTest && tests.includes(to.folder));
}

function isTestOf({ folder }: Workspace, file: string): boolean {
  if (folder === '.' || folder === 'test' || file.endsWith('.test.ts') || file.endsWith('.config.ts'))
    return true;
  const ships = arrows[folder]?.ships;
  return ships !== undefined && !isWithin(ships, folder, file);
}

const isWithin = (paths: readonly string[], folder: string, file: string) =>
  paths.some((path) => `${file}/`.startsWith(`${join(folder, path)}/`));

/** `@scope/name` or `name`; undefined for `#internal`, absolute paths and URLs. */
const packageName = (specifier: string) => /^(@[\w.-]+\/)?[\w-][\w.-]*(?=$|\/)/.exec(specifier)?.[0];

const label = ({ folder }: Workspace) => (folder === '.' ? 'the root' : `${folder}/`);
const manifest = ({ folder }: Workspace) => join(folder, 'package.json');
