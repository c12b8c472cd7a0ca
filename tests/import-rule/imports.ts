import { parseSync, Visitor } from 'vite'

/** One import, re-export, `import()` or `import('…')` type of a source file. */
export interface FoundImport {
  readonly line: number
  /** What is imported; undefined for an `import()` whose argument is computed. */
  readonly specifier: string | undefined
  /** Whether the whole statement disappears when compiled: `import type`, `export type`, a type position. */
  readonly typeOnly: boolean
}

/** A use of a global that only node has. */
export interface FoundGlobal {
  readonly line: number
  readonly name: string
}

const NODE_GLOBALS = new Set(['Buffer', 'process', 'require', '__dirname', '__filename', 'setImmediate'])

/** Every import and every use of a node global in `source`, in the order of the text. */
export function findImports(
  path: string,
  source: string,
): { imports: FoundImport[]; globals: FoundGlobal[] } {
  const { program, errors } = parseSync(path, source)
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`)
  const imports: FoundImport[] = []
  const globals: FoundGlobal[] = []
  const names = new Set<number>()
  const lineOf = (offset: number): number => source.slice(0, offset).split('\n').length
  const add = (node: { start: number }, specifier: string | undefined, typeOnly: boolean): void => {
    imports.push({ line: lineOf(node.start), specifier, typeOnly })
  }
  new Visitor({
    // `import { type A } from` still loads the module under verbatimModuleSyntax: only `import type` is type-only.
    ImportDeclaration: (node) => add(node, node.source.value, node.importKind === 'type'),
    ExportAllDeclaration: (node) => add(node, node.source.value, node.exportKind === 'type'),
    ExportNamedDeclaration: (node) => {
      if (node.source) add(node, node.source.value, node.exportKind === 'type')
    },
    ImportExpression: (node) => {
      const { source: argument } = node
      add(node, argument.type === 'Literal' ? String(argument.value) : undefined, false)
    },
    TSImportType: (node) => add(node, node.source.value, true),
    // `x.process` and `{ process: 1 }` name a property, not the global.
    MemberExpression: (node) => {
      if (!node.computed) names.add(node.property.start)
    },
    Property: (node) => {
      if (!node.computed && !node.shorthand) names.add(node.key.start)
    },
    Identifier: (node) => {
      if (NODE_GLOBALS.has(node.name) && !names.has(node.start)) {
        globals.push({ line: lineOf(node.start), name: node.name })
      }
    },
  }).visit(program)
  return { imports, globals }
}
