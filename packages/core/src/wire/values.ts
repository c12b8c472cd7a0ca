// Plain data as bytes, for snapshots: recorded answers, and the states of machines that do not write their own.
//
//   a value: u8 tag, then
//   undefined, null, false, true   nothing
//   integer   u53                  number  f64, 8 bytes        date  f64, 8 bytes
//   text      u32 length, UTF-8    units   u32 length, UTF-16 (a string that is not Unicode)
//   bytes     u32 length, bytes    bigint  u32 length, decimal digits
//   array     u32 count, values    set     u32 count, values
//   map       u32 count, key and value each
//   object    u32 count, key (a text or units) and value each
import { RaftError } from '../ports/errors.js'

export const TAG = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  integer: 4,
  number: 5,
  date: 6,
  text: 7,
  units: 8,
  bytes: 9,
  bigint: 10,
  array: 11,
  set: 12,
  map: 13,
  object: 14,
} as const

/** Values within values: more is taken for one that contains itself. */
export const VALUE_DEPTH_MAX = 1_000

/** What cannot be written must not be left out in silence: the replicas would differ after a restart. */
export function unwritable(what: string): RaftError {
  return new RaftError('ERR_STATE_MACHINE', `a snapshot cannot hold ${what}`)
}
