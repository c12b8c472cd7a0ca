// A mutant: one deliberate bug, as exact snippets of source that are replaced in a copy. Shipped code knows nothing of it.

/** In the copy, `find` becomes `replace`. It stands in the file exactly once: a rule that was rewritten is noticed. */
export interface Edit {
  /** A source file, from the packages' directory on: 'core/src/consensus/log.ts'. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface Mutant {
  /** Lower case, words joined by '-'. */
  readonly name: string
  /** What goes wrong and which disaster that is; the public thread of another project that met it, or ours. */
  readonly story: string
  readonly edits: readonly Edit[]
}

/** A mutant of one place. */
export function mutant(name: string, story: string, file: string, find: string, replace: string): Mutant {
  return { name, story, edits: [{ file, find, replace }] }
}
