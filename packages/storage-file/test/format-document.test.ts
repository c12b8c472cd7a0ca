// FORMAT.md is true: the golden directory, decoded by nothing but the offsets and fields that the document tells.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { segment } from './harness/directory.js'
import { findings, only } from './harness/findings.js'
import { identity, quickDirectory, storageIn, vote, written } from './harness/helpers.js'

const GOLDEN = join(import.meta.dirname, 'golden', 'v1')
const document = await readFile(join(import.meta.dirname, '..', 'FORMAT.md'), 'utf8')

/** The rows of the tables under a heading, as cells. */
function tables(heading: string): string[][] {
  const from = document.indexOf(`\n${heading}\n`)
  expect(from, heading).toBeGreaterThan(0)
  const level = heading.split(' ')[0]!
  const rest = document.slice(from + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'))
  return (end < 0 ? rest : rest.slice(0, end))
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s-]*$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

type Value = number | string | undefined

/** Reads a field of a type that the document's first paragraph explains. */
function field(type: string, bytes: Buffer, at: number): { value: Value; end: number } {
  switch (type) {
    case 'u8':
      return { value: bytes.readUInt8(at), end: at + 1 }
    case 'u16':
      return { value: bytes.readUInt16LE(at), end: at + 2 }
    case 'u32':
      return { value: bytes.readUInt32LE(at), end: at + 4 }
    case 'u53':
      return { value: Number(bytes.readBigUInt64LE(at)), end: at + 8 }
    case 'text': {
      const end = at + 2 + bytes.readUInt16LE(at)
      return { value: bytes.toString('utf8', at + 2, end), end }
    }
    case 'text?':
      return bytes.readUInt8(at) === 0 ? { value: undefined, end: at + 1 } : field('text', bytes, at + 1)
    default:
      throw new Error(`FORMAT.md: unknown type '${type}'`)
  }
}

/** Reads a list of types such as 'u53, text?' or 'text × 3'. */
function fields(types: string, bytes: Buffer, at: number): { values: Value[]; end: number } {
  const values: Value[] = []
  for (const part of types.split(', ')) {
    const [type, times = '1'] = part.split(' × ')
    for (let left = Number(times); left > 0; left--) {
      const { value, end } = field(type!, bytes, at)
      values.push(value)
      at = end
    }
  }
  return { values, end: at }
}

/** The fields that stand at fixed offsets, by what the document calls them. */
function fixed(rows: readonly string[][], bytes: Buffer): Map<string, Value> {
  const found = new Map<string, Value>()
  for (const [at, type, what] of rows) {
    if (type !== '') found.set(what!.split(/[:;,( ]/)[0]!, field(type!, bytes, Number(at)).value)
  }
  return found
}

const sealRows = tables('## Sealed structures').filter(([at]) => /^\d+$/.test(at!))

/** Checks the sixteen bytes before the fields, and returns where the structure ends and its CRC. */
function unsealed(bytes: Buffer, magic: string): { length: number; crc: number } {
  const seal = fixed(sealRows, bytes)
  expect([...seal.keys()]).toEqual(['magic', 'version', 'reserved', 'length', 'CRC'])
  const length = seal.get('length') as number
  expect(bytes.toString('latin1', 0, 4)).toBe(magic)
  expect([seal.get('version'), seal.get('reserved')]).toEqual([1, 0])
  expect(seal.get('CRC')).toBe(crc32(bytes.subarray(16, length), crc32(bytes.subarray(0, 12))))
  return { length, crc: seal.get('CRC') as number }
}

/** `members` as the document puts it. */
function members(bytes: Buffer, at: number): { values: Value[]; end: number } {
  expect(document).toContain(
    '`members` is a `u32` number of members and, for each, text id, text address, u8 role (0: voter, 1: learner, 2: leaving;',
  )
  const { value: count, end } = field('u32', bytes, at)
  return fields(
    Array(count as number)
      .fill('text, text, u8')
      .join(', '),
    bytes,
    end,
  )
}

const MEMBERS = ['a', '10.0.0.1:7000', 0, 'bé', '', 0]

test('the file format', async () => {
  expect(document).toContain(
    'Magic `RVRF`. Fields: text cluster id, text node id, text incarnation, members, generation. Nothing follows.',
  )
  const bytes = await readFile(join(GOLDEN, 'format'))
  expect(unsealed(bytes, 'RVRF').length).toBe(bytes.length)
  const { values, end } = fields('text × 3', bytes, 16)
  expect(values).toEqual(['orders', 'a', '00112233445566ff'])
  expect(members(bytes, end)).toEqual({ values: MEMBERS, end: bytes.length })
})

test('a snapshot', async () => {
  expect(document).toContain(
    'A header, magic `RVRS`: text cluster id, text node id, u53 index, u53 term, u53 timestamp, members.',
  )
  const bytes = await readFile(join(GOLDEN, '2-1.snap'))
  const { length, crc } = unsealed(bytes, 'RVRS')
  const { values, end } = fields('text × 2, u53 × 3', bytes, 16)
  expect(values).toEqual(['orders', 'a', 2, 1, 5])
  expect(members(bytes, end)).toEqual({ values: MEMBERS, end: length })
  const rows = tables('## `<index>-<term>.snap`')
  expect(rows.map(([type]) => type)).toEqual(['u32', 'u32', ''])
  let [at, previous, content] = [length, crc, '']
  for (;;) {
    const { values, end } = fields('u32, u32', bytes, at)
    const [frameBytes, frameCrc] = values as [number, number]
    const body = bytes.subarray(end, end + (frameBytes || 8))
    expect(frameCrc).toBe(crc32(body, previous))
    previous = frameCrc
    at = end + body.length
    if (frameBytes === 0) {
      expect(field('u53', body, 0).value).toBe(content.length)
      break
    }
    content += body.toString()
  }
  expect(content).toBe('state')
  expect(at).toBe(bytes.length)
})

describe.each([1, 2, 3])('segment %i', (sequence) => {
  test('its header and every record, up to the last byte', async () => {
    const found = await findings(GOLDEN)
    const file = segment('', sequence).slice(1)
    const expected = only(found, 'record').filter((record) => record.file === file)
    const { header } = only(found, 'segment').find((one) => one.file === file)!
    const bytes = await readFile(join(GOLDEN, file))
    const { length, crc } = unsealed(bytes, 'RVRL')

    const headerTypes = tables('## `<sequence>.segment`').filter(([type]) => /^(u|text)/.test(type!))
    const end = headerTypes.findIndex(([type]) => type === 'text × 3') + 1
    const types = headerTypes.slice(0, end).map(([type]) => type)
    const read = fields(types.join(', '), bytes, 16)
    expect(read.end).toBe(length)
    const hex = (value: number): string => value.toString(16).padStart(8, '0')
    const [salt, restart, ...rest] = read.values as number[]
    expect(hex(salt!)).toBe(header!.salt)
    expect(restart).toBe(header!.restart ? 1 : 0)
    const { firstBatch, firstIndex, previousTerm, previousEnd, hardState } = header!
    expect(rest).toEqual([
      sequence,
      firstBatch,
      firstIndex,
      previousTerm,
      previousEnd,
      Number.parseInt(header!.previousCrc, 16),
      hardState.currentTerm,
      hardState.votedFor,
      'orders',
      'a',
      '00112233445566ff',
    ])

    const recordRows = tables('### Records').filter(([at]) => /^\d+$/.test(at!) && at !== '40')
    const headRows = recordRows.filter((row) => row[1] !== undefined && /^u/.test(row[1]))
    expect(headRows.map(([at]) => Number(at))).toEqual([0, 4, 8, 12, 16, 17, 18, 20, 24, 32])
    let [at, previous] = [length, crc]
    for (const record of expected) {
      const read = (row: number): number =>
        field(headRows[row]![1]!, bytes, at + Number(headRows[row]![0])).value as number
      const [own, recordSalt, before, bodyBytes, kind, last, reserved, group, batch, index] = headRows.map(
        (_, row) => read(row),
      )
      expect(record.offset).toBe(at)
      expect([recordSalt, before, last, reserved, group, batch]).toEqual([
        salt,
        previous,
        Number(record.last),
        0,
        0,
        record.batch,
      ])
      const body = bytes.subarray(at + 40, at + 40 + bodyBytes!)
      const head = kind === 1 ? body.subarray(0, 12) : body
      expect(own).toBe(crc32(head, crc32(bytes.subarray(at + 4, at + 40))))
      switch (record.kind) {
        case 'block':
          expect([kind, index]).toEqual([1, record.firstIndex])
          // Its own CRC ends at its twelfth byte, and covers all the others.
          expect(head.readUInt32LE(8)).toBe(crc32(body.subarray(12), crc32(body.subarray(0, 8))))
          break
        case 'hardState':
          expect([kind, index]).toEqual([2, 0])
          expect(fields('u53, text?', body, 0)).toEqual({
            values: [record.hardState.currentTerm, record.hardState.votedFor],
            end: body.length,
          })
          break
        case 'truncation':
          expect([kind, index]).toEqual([3, record.from])
          expect(fields('u53', body, 0)).toEqual({ values: [record.termBefore], end: body.length })
      }
      previous = own!
      at += 40 + bodyBytes!
    }
    expect(at).toBe(bytes.length)
  })
})

test('a generation stands at the end of its structure, where it is not 0', async () => {
  expect(document).toContain(
    "`generation` is a `u53` at the end of a structure or of a record's body, and left out where it is 0",
  )
  const directory = await quickDirectory()
  const storage = storageIn(directory)
  await storage.open({ ...identity, generation: 3 })
  await written(storage, { ...vote(1, 'b'), generation: 4 })
  await storage.close()

  const format = await readFile(join(directory, 'format'))
  expect(unsealed(format, 'RVRF').length).toBe(format.length)
  expect(field('u53', format, format.length - 8).value).toBe(3)
  const bytes = await readFile(segment(directory, 1))
  const { length } = unsealed(bytes, 'RVRL')
  expect(field('u53', bytes, length - 8).value).toBe(3)
  const body = bytes.subarray(length + 40, length + 40 + bytes.readUInt32LE(length + 12))
  const { values, end } = fields('u53, text?, u53', body, 0)
  expect({ values, end }).toEqual({ values: [1, 'b', 4], end: body.length })
})
