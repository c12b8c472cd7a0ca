// What the command line accepts, with a message for everything else.
import { accessSync, constants } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { IDENTITY_BYTES } from './host/machine.js'

const CALLERS_MAX = 50_000
const ENTRIES_MAX = 1000
const PAYLOAD_BYTES_MAX = 256 * 1024
const NODES_MAX = 9

/** `1,64,1000` */
export function parseCallers(value: string): readonly number[] {
  return value.split(',').map((part) => wholeNumber(part, 1, CALLERS_MAX))
}

/** `1,64,1000` */
export function parseEntries(value: string): readonly number[] {
  return value.split(',').map((part) => wholeNumber(part, 1, ENTRIES_MAX))
}

/** `256,16384` */
export function parsePayloads(value: string): readonly number[] {
  return value.split(',').map(parsePayload)
}

/** In MiB; the result in bytes. */
export function parseSegment(value: string): number {
  return wholeNumber(value, 1, 1024) * 2 ** 20
}

/** In MiB; the result in bytes. */
export function parseScan(value: string): number {
  return wholeNumber(value, 0, 1024 * 1024) * 2 ** 20
}

export function parseNodes(value: string): number {
  return wholeNumber(value, 1, NODES_MAX)
}

export function parsePayload(value: string): number {
  return wholeNumber(value, IDENTITY_BYTES, PAYLOAD_BYTES_MAX)
}

export function parseSeconds(value: string): number {
  return decimal(value, 0.1, 3600)
}

export function parseWarmup(value: string): number {
  return decimal(value, 0, 3600)
}

/** Better said before the run than after it. */
export function parseFile(value: string): string {
  try {
    accessSync(dirname(resolve(value)), constants.W_OK)
    return value
  } catch {
    throw new InvalidArgumentError(`Nothing can be written to ${value}.`)
  }
}

function wholeNumber(value: string, min: number, max: number): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= min && number <= max) return number
  throw new InvalidArgumentError(`Use a whole number from ${min} to ${max}.`)
}

function decimal(value: string, min: number, max: number): number {
  const number = Number(value)
  if (/^\d+(\.\d+)?$/.test(value) && number >= min && number <= max) return number
  throw new InvalidArgumentError(`Use a number of seconds from ${min} to ${max}.`)
}
