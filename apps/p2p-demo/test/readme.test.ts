import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { endAll, start } from './e2e/programs.js'

afterEach(endAll)

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

test('the README knows every option of a node and no other', async () => {
  const help = start(['node', '--help'])
  await help.exited
  const options = (text: string) => new Set(text.match(/(?<![\w-])--[a-z]+/g))
  const known = options(help.output)
  known.delete('--help')
  const commands = readme.match(/^riverraft-demo node .*$/gm)!
  expect(commands.length).toBeGreaterThan(2)
  for (const command of commands) expect([...known]).toEqual(expect.arrayContaining([...options(command)]))
  const table = readme.match(/^\| `--.*$/gm)!.join('\n')
  expect(options(table)).toEqual(known)
})
