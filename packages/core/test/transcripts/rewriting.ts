// Whether this run writes the outputs anew. Never in CI: there a difference must fail.

export const REWRITE_VARIABLE = 'RIVERRAFT_REWRITE_TRANSCRIPTS'

/** The command that is shown with a difference. */
export const REWRITE_COMMAND = 'npm run transcripts -- --rewrite'

export class RewriteRefused extends Error {
  override readonly name: string = 'RewriteRefused'
}

/** @throws RewriteRefused when CI is set */
export function isRewriting({ CI = '', ...env }: Readonly<Record<string, string | undefined>>): boolean {
  if ((env[REWRITE_VARIABLE] ?? '') === '') return false
  if (CI !== '') throw new RewriteRefused('CI is set: transcripts are not rewritten there')
  return true
}
