import { parseSync, Visitor } from 'oxc-parser';

/** `specifier` is undefined where the module is computed and so cannot be told before it runs. */
export interface Import {
  specifier: string | undefined;
  line: number;
}

/**
 * Every module that a source file names: import and export declarations, `import()` expressions, `import()` types,
 * `import x = require()` and `require()` calls.
 * @throws {SyntaxError} when the file does not parse: a file that cannot be read must not pass.
 */
export function findImports(fileName: string, source: string): Import[] {
  const { program, errors } = parseSync(fileName, source);
  if (errors[0]) throw new SyntaxError(`${fileName}: ${errors[0].message}`);

  const imports: Import[] = [];
  const found = (node: { type: string; value?: unknown; start: number }) => {
    const specifier = node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
    imports.push({ specifier, line: source.slice(0, node.start).split('\n').length });
  };
  new Visitor({
    ImportDeclaration: ({ source: from }) => found(from),
    ExportNamedDeclaration: ({ source: from }) => from && found(from),
    ExportAllDeclaration: ({ source: from }) => found(from),
    ImportExpression: ({ source: from }) => found(from),
    TSImportType: ({ source: from }) => found(from),
    TSExternalModuleReference: ({ expression }) => found(expression),
    CallExpression({ callee, arguments: [from] }) {
      if (callee.type === 'Identifier' && callee.name === 'require' && from) found(from);
    },
  }).visit(program);
  return imports;
}
