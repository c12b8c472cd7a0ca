// A completed write must survive a power failure. Only one way of running Redis promises that.
import { storageError } from './errors.js'

/** The settings that decide whether an acknowledged write can be lost, and the values that exclude it. */
export const SAFE_SETTINGS: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  /** Redis syncs before it answers; the writes of one turn of its loop share the sync. */
  appendfsync: 'always',
  /** With `yes`, a rewrite of the file or a save in the background suspends the syncs. */
  'no-appendfsync-on-rewrite': 'no',
  /** Anything else deletes parts of the log when memory is short. */
  'maxmemory-policy': 'noeviction',
}

/** @throws RaftError ERR_STORAGE naming every setting that is not safe */
export function checkPersistence(settings: ReadonlyMap<string, string>, role: string): void {
  const wrong = Object.entries(SAFE_SETTINGS)
    .filter(([name, value]) => settings.get(name) !== value)
    .map(([name, value]) => `${name} is ${settings.get(name) ?? 'unknown'}, must be ${value}`)
  if (role !== 'master') wrong.push(`its role is ${role}, must be master`)
  if (wrong.length === 0) return
  throw storageError(
    'ERR_STORAGE',
    `this Redis may lose acknowledged writes: ${wrong.join('; ')}. Start it with these settings ` +
      '(allowUnsafePersistence: true accepts it as it is, for data that may be lost)',
  )
}
