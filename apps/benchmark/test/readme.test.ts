import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { endAll, start } from './programs.js'

afterEach(endAll)

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

test('the README knows every option and no other', async () => {
  const options = (text: string) => new Set(text.match(/(?<![\w-])--[a-z-]+/g))
  const known = new Set<string>()
  for (const command of [[], ['storage']]) {
    const help = start([...command, '--help'])
    expect((await help.exited).code).toBe(0)
    for (const option of options(help.output)) known.add(option)
  }
  known.delete('--help')
  expect(options(readme.match(/^\| `--.*$/gm)!.join('\n'))).toEqual(known)
  for (const command of readme.match(/riverraft-bench (storage )?--.*$/gm)!) {
    expect([...known]).toEqual(expect.arrayContaining([...options(command)]))
  }
})
