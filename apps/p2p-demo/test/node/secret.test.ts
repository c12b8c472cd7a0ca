import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findSecret, makeSecret, type SecretSources } from '../../src/node/secret.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'riverraft-demo-test-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const LONG = 'a secret that is long enough'
const nothing: SecretSources = { file: undefined, variable: undefined, directory: undefined, create: false }
const inDirectory = (name: string) => join(directory, name)

test('is made at random, in a file for its owner alone, also where a file was', async () => {
  writeFileSync(inDirectory('s'), 'old', { mode: 0o644 })
  const first = await makeSecret(inDirectory('s'))
  const second = await makeSecret(inDirectory('t'))
  expect(first.text).not.toBe(second.text)
  expect(first.text.length).toBeGreaterThanOrEqual(40)
  for (const name of ['s', 't']) expect(statSync(inDirectory(name)).mode & 0o777).toBe(0o600)
})

describe('is found', () => {
  test('in the file that was named, before the environment, without the end of its line', async () => {
    writeFileSync(inDirectory('s'), `${LONG}\n`)
    const found = await findSecret({ ...nothing, file: inDirectory('s'), variable: `${LONG}, another` })
    expect(found).toEqual({ text: LONG, file: inDirectory('s') })
  })

  test('in the environment', async () => {
    expect(await findSecret({ ...nothing, variable: LONG })).toEqual({ text: LONG, file: undefined })
  })

  test('in the directory of a node that has known it before', async () => {
    await findSecret({ ...nothing, variable: LONG, directory })
    expect(statSync(inDirectory('secret')).mode & 0o777).toBe(0o600)
    expect(await findSecret({ ...nothing, directory })).toEqual({ text: LONG, file: inDirectory('secret') })
  })

  test('nowhere, where nobody left one', async () => {
    expect(await findSecret({ ...nothing, directory })).toBeUndefined()
  })
})

test('whoever creates the cluster makes one where there is none, and keeps the one there is', async () => {
  const made = await findSecret({ ...nothing, directory, create: true })
  expect(made?.file).toBe(inDirectory('secret'))
  expect(await findSecret({ ...nothing, directory, create: true })).toEqual(made)
  const named = await findSecret({ ...nothing, file: inDirectory('named'), create: true })
  expect(readFileSync(inDirectory('named'), 'utf8')).toBe(`${named?.text}\n`)
})

describe('is refused', () => {
  test('when it could be guessed', async () => {
    writeFileSync(inDirectory('s'), 'short\n')
    await expect(findSecret({ ...nothing, file: inDirectory('s') })).rejects.toThrow(/shorter than 16 bytes/)
    await expect(findSecret({ ...nothing, variable: 'x' })).rejects.toThrow(/RIVERRAFT_SECRET is shorter/)
  })

  test('when the file is missing, or is none', async () => {
    await expect(findSecret({ ...nothing, file: inDirectory('s') })).rejects.toThrow(/there is no/)
    await expect(findSecret({ ...nothing, file: directory })).rejects.toThrow(/cannot be read/)
  })
})
