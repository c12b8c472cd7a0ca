import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { endAll, start } from './e2e/programs.js'

afterEach(endAll)

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

const options = (text: string): ReadonlySet<string> => new Set(text.match(/(?<![\w-])--[a-z0-9]+/g))

test.each([
  ['up', readme.slice(0, readme.indexOf('## By hand')), 1],
  ['node', readme.slice(readme.indexOf('## By hand')), 5],
])('the README knows every option of %s and no other', async (command, part, commandsMin) => {
  const help = start([command, '--help'])
  await help.exited
  const known = [...options(help.output)].filter((option) => option !== '--help').sort()
  const examples = part.match(new RegExp(`^riverraft-demo ${command} .*$`, 'gm'))!
  expect(examples.length).toBeGreaterThanOrEqual(commandsMin)
  for (const example of examples) expect(known).toEqual(expect.arrayContaining([...options(example)]))
  const firstColumns = [...part.matchAll(/^\| (`--[^|]*)\|/gm)].map(([, column]) => column).join('\n')
  expect([...options(firstColumns)].sort()).toEqual(known)
})
