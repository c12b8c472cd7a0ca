// docs/errors.md explains every code, and no other.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ERROR_CODES, type ErrorCode, hasCode, RaftError } from '../../src/ports/errors.js'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/errors.md'), 'utf8')

/** The table's rows by code. */
const rows = [...page.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, code, rest]) => {
  return { code: code!, cells: rest!.split('|').map((cell) => cell.trim()) }
})
const codes = Object.keys(ERROR_CODES) as ErrorCode[]

test('the page has one row for each code, in the order of the source', () => {
  expect(rows.map(({ code }) => code)).toEqual(codes)
})

describe.each(rows)('$code', ({ code, cells: [meaning, notApplied, retryable, whatToDo] }) => {
  test('says what it means, what is certain, whether to retry, and what to do', () => {
    expect(meaning).toMatch(/\w.*\.$/)
    expect(['yes', 'no', '–']).toContain(notApplied)
    expect(retryable).toBe(ERROR_CODES[code as ErrorCode].retryable ? 'yes' : 'no')
    expect(whatToDo).toMatch(/\w.*\.$/)
  })
})

test.each(codes)('an error of %s carries it, and is known by it', (code) => {
  const cause = new Error('why')
  const error = new RaftError(code, 'what', { cause })
  expect(error).toMatchObject({ name: 'RaftError', code, retryable: ERROR_CODES[code].retryable, cause })
  expect(hasCode(error, code)).toBe(true)
  expect(hasCode(new Error(code), code)).toBe(false)
})
