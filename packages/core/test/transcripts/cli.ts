// npm run transcripts [-- --rewrite] [name ...]: plays all transcripts, or those named; --rewrite writes their outputs anew.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'

const { CI = '' } = process.env

function usage(problem: string): never {
  process.stderr.write(`${problem}\nusage: npm run transcripts -- [--rewrite] [name ...]\n`)
  process.exit(2)
}

function parsed(): { rewrite: boolean; names: string[] } {
  try {
    const options = { rewrite: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    return { rewrite: values.rewrite ?? false, names: positionals }
  } catch (error) {
    return usage((error as Error).message)
  }
}

const { rewrite, names } = parsed()
// The test refuses too; here it is said before anything is started.
if (rewrite && CI !== '') usage('CI is set: transcripts are not rewritten there')
if (rewrite) Object.assign(process.env, { RIVERRAFT_REWRITE_TRANSCRIPTS: '1' })
// This file and no other: the other one starts this program.
const vitest = await startVitest('test', ['test/transcripts/transcripts.test.ts'], {
  root: join(import.meta.dirname, '../../../..'),
  project: ['packages/core'],
  watch: false,
  ...(names.length > 0 ? { testNamePattern: names.join('|') } : {}),
})
await vitest.close()
